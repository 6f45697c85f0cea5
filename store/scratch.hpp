// State that only this process needs, on disk: takes the place of a checkpoint where there is none.
// Path:      StateWriter -> files in a private folder -> StateSource
// Units:     bytes
// Threads:   one
// Errors:    flush(): the first that anything since the last flush() met; store-10 to store-13.
//            What was put since then may be there or not
// Tested by: tests/store/scratch_test.cpp
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "event/ports.hpp"
#include "store/database.hpp"

namespace tocsin::store {

// A folder of its own below TMPDIR (or /tmp), which nobody else may read. The destructor removes
// it; a process that is killed leaves it behind.
class Scratch final : public event::StateWriter, public event::StateSource {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Scratch>> open();
  ~Scratch() override;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Written in pieces; all of it can be read after flush().
  void put(std::string_view key, std::string_view value) override;
  void remove(std::string_view key) override;
  void remove_prefix(std::string_view prefix) override;
  [[nodiscard]] base::Result<void> flush();

  [[nodiscard]] base::Result<std::optional<std::string>> get(std::string_view key) const override;
  [[nodiscard]] base::Result<std::vector<std::optional<std::string>>> get_many(
      const std::vector<std::string>& keys) const override;
  [[nodiscard]] base::Result<void> scan(std::string_view begin, std::string_view end,
                                        std::size_t limit,
                                        const event::StateReader& each) const override;

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  explicit Scratch(std::string folder) : folder_(std::move(folder)) {}
  void note(std::size_t bytes);
  void write();

  std::string folder_;
  std::unique_ptr<Database> database_;
  Changes changes_;
  std::size_t bytes_ = 0;  // in them
  std::optional<base::Error> error_;
};

}  // namespace tocsin::store
