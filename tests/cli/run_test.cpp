#include "cli/run.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

// A port of the loopback that somebody listens on.
class TakenPort {
 public:
  TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_TRUE(::bind(fd_, any, size) == 0 && ::listen(fd_, 1) == 0 &&
                ::getsockname(fd_, any, &size) == 0);
    port_ = ::ntohs(address.sin_port);
  }
  ~TakenPort() { ::close(fd_); }
  [[nodiscard]] std::string text() const { return std::to_string(port_); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

class RunTest : public testing::Test {
 protected:
  void expect(const RunCommand& asked, int code, const std::string& text) {
    Captured captured;
    EXPECT_EQ(run_daemon(asked, captured.streams()), code) << captured.err();
    EXPECT_NE((captured.out() + captured.err()).find(text), std::string::npos)
        << captured.out() << captured.err();
  }
  // A daemon of this folder alone; `more` are further sections.
  std::string config(const std::string& listen, const std::string& more) {
    return folder_.write("tocsin.yaml", "store: {path: " + folder_.path("store") +
                                            "}\nconsole: {listen: '" + listen + "', socket: " +
                                            folder_.path("run/control.sock") + "}\n" + more);
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
};

TEST_F(RunTest, CheckSaysWhetherConfigurationAndPacksAreRight) {
  const std::string good = config("127.0.0.1:0", "inputs: {}\n");
  expect({good, true, false}, exit_code::ok, "the configuration and ");
  const std::string bad = folder_.write("bad.yaml", "inputs:\n  lan: {type: tpc}\nstor: {}\n");
  expect({bad, true, false}, exit_code::invalid, "bad.yaml:2:15: base-13");
  expect({bad, true, false}, exit_code::invalid, "bad.yaml:3:1: base-10");
  expect({bad, true, true}, exit_code::invalid, "\"line\":2,\"column\":15,\"code\":\"base-13\"");
  const std::string rule = folder_.write("rule.yml", "title: Bad\n");
  const std::string packs = folder_.write("packs.yaml", "packs: {rules: [" + rule + "]}\n");
  expect({packs, true, false}, exit_code::invalid, "rule.yml:1:1: rules-2");
}

TEST_F(RunTest, AConfigurationThatCannotBeReadIsTold) {
  expect({folder_.path("none.yaml"), false, false}, exit_code::invalid, "base-5");
  expect({folder_.path(), false, false}, exit_code::invalid, "is a folder");
  expect({folder_.write("rubbish", "\xff\xfe\x00"), false, false}, exit_code::invalid, "base-4");
}

TEST_F(RunTest, APortInUseIsTold) {
  const TakenPort taken;
  expect({config("127.0.0.1:" + taken.text(), "inputs: {}\n"), false, false}, exit_code::findings,
         "console-2: cannot listen: Address already in use");
  expect({config("127.0.0.1:0", "inputs:\n  lan: {type: tcp, port: " + taken.text() + "}\n"), false,
          false},
         exit_code::findings, "ingest-105");
}

TEST_F(RunTest, AFolderThatCannotBeMadeIsTold) {
  const std::string file = folder_.write("file", "");
  const std::string config = folder_.write(
      "tocsin.yaml", "inputs: {}\nstore: {path: " + folder_.path("store") +
                         "}\nconsole: {listen: '', socket: " + file + "/run/control.sock}\n");
  expect({config, false, false}, exit_code::findings, "cli-4: the folder of the control socket");
}

}  // namespace
}  // namespace tocsin::cli
