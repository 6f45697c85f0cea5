#include "engine/reloader.hpp"

#include <utility>

namespace tocsin::engine {

Reloader::Reloader(Once once) : once_(std::move(once)), thread_([this] { loop(); }) {}

Reloader::~Reloader() {
  stop();
  thread_.join();
}

std::uint64_t Reloader::request(Asker by) {
  const std::lock_guard lock(mutex_);
  askers_.push_back(std::move(by));
  ++asked_;
  changed_.notify_all();
  return asked_;
}

std::optional<Reloaded> Reloader::answer(std::uint64_t request) const {
  const std::lock_guard lock(mutex_);
  return request <= answered_ ? last_ : std::nullopt;
}

std::optional<Reloaded> Reloader::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void Reloader::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void write_json(const Reloaded& reloaded, base::JsonWriter& json) {
  json.member("success", reloaded.errors.empty()).member("changed", reloaded.changed);
  json.member("at", std::string_view(base::format_rfc3339(reloaded.at.value)))
      .member("rules", reloaded.rules);
  json.key("errors").begin_array();
  for (const base::Error& error : reloaded.errors) {
    json.begin_object().member("code", std::string_view(error.code));
    json.member("sentence", std::string_view(error.sentence))
        .member("file", std::string_view(error.origin.name))
        .member("line", error.origin.line)
        .member("column", error.origin.column)
        .end_object();
  }
  json.end_array().key("notes").begin_array();
  for (const std::string& note : reloaded.notes) json.value(std::string_view(note));
  json.end_array();
}

void Reloader::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || asked_ > answered_; });
    if (stopping_) return;
    const std::uint64_t asked = asked_;
    const std::vector<Asker> by = std::exchange(askers_, {});
    lock.unlock();
    Reloaded reloaded = once_(by);
    lock.lock();
    answered_ = asked;
    last_ = std::move(reloaded);
  }
}

}  // namespace tocsin::engine
