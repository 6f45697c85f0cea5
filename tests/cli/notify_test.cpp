#include "cli/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

// A service manager that listens at `name`; a leading @ is the abstract space.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  [[nodiscard]] std::string received() const {
    std::array<char, 256> text{};
    const ssize_t size = ::recv(fd_, text.data(), text.size(), 0);
    return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

 private:
  int fd_;
};

TEST(NotifyTest, TheManagerIsToldThroughAPath) {
  const TemporaryFolder folder;
  const Manager manager(folder.path("notify"));
  EXPECT_TRUE(notify_service_manager("READY=1"));
  EXPECT_EQ(manager.received(), "READY=1");
}

TEST(NotifyTest, TheManagerIsToldThroughTheAbstractSpace) {
  const Manager manager("@tocsin-notify-" + std::to_string(::getpid()));
  EXPECT_TRUE(notify_service_manager("STOPPING=1"));
  EXPECT_EQ(manager.received(), "STOPPING=1");
}

TEST(NotifyTest, NothingHappensWithoutAManager) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(notify_service_manager("READY=1"));
  const TemporaryFolder folder;
  for (const std::string& name :
       {folder.path("nobody"), std::string("relative"), std::string(), std::string(200, '/')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    EXPECT_FALSE(notify_service_manager("READY=1")) << name;
  }
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace tocsin::cli
