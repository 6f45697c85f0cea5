#include "ingest/listen/listeners.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>
#include <thread>

#include "base/check.hpp"
#include "ingest/listen/datagram_input.hpp"
#include "ingest/listen/follow_input.hpp"
#include "ingest/listen/input.hpp"
#include "ingest/listen/journal_input.hpp"
#include "ingest/listen/sockets.hpp"
#include "ingest/listen/stream_input.hpp"

namespace tocsin::ingest {

namespace {

namespace asio = boost::asio;

base::Result<std::unique_ptr<Input>> make_input(const InputOptions& options,
                                                const std::vector<InheritedSocket>& inherited,
                                                const InputPlace& place) {
  if (options.type == "file") return make_follow_input(options, place);
  if (options.type == "journald") return make_journal_input(options, place);
  TRY(OpenSocket socket, open_socket(options, inherited));
  if (options.type == "udp" || options.type == "unix-datagram")
    return make_datagram_input(options, std::move(socket), place);
  return make_stream_input(options, std::move(socket), place);
}

}  // namespace

// All that lives between start() and stop(). Members are destroyed from the last to the first.
struct Listeners::Running {
  Running(Intake& the_intake, event::SourceTable& sources, const event::Offsets& offsets,
          const base::Clock& clock, Notices::Sink say)
      : intake(the_intake),
        notices(std::move(say), clock),
        place{io, intake, sources, offsets, clock, notices},
        flush_timer(io),
        tick_timer(io),
        patience_timer(io) {}

  ~Running() {
    intake.queue().set_on_free({});
    intake.set_on_first({});
  }

  asio::io_context io{1};
  Intake& intake;
  Notices notices;
  InputPlace place;
  asio::steady_timer flush_timer;
  asio::steady_timer tick_timer;
  asio::steady_timer patience_timer;
  std::vector<std::pair<std::string, std::unique_ptr<Input>>> inputs;
  std::chrono::nanoseconds pace = std::chrono::seconds(1);
  std::chrono::steady_clock::time_point first_frame;
  bool flush_set = false;
  std::size_t draining = 0;
  std::thread thread;

  void run() {
    auto keep = asio::make_work_guard(io);
    intake.queue().set_on_free([this] { asio::post(io, [this] { intake.wake(); }); });
    intake.set_on_first([this] { on_first(); });
    asio::post(io, [this] {
      for (auto& [name, input] : inputs) {
        pace = std::min(pace, input->pace());
        input->start();
      }
      tick();
    });
    thread = std::thread([this, guard = std::move(keep)] { io.run(); });
  }

  // One timer serves all batches: while it is set, a batch that was full in time is none of its
  // business.
  void on_first() {
    first_frame = std::chrono::steady_clock::now();
    if (!flush_set) set_flush(first_frame + intake.options().flush_interval);
  }

  void set_flush(std::chrono::steady_clock::time_point when) {
    flush_set = true;
    flush_timer.expires_at(when);
    flush_timer.async_wait([this](const boost::system::error_code& error) {
      flush_set = false;
      if (error || !intake.has_frames()) return;
      const auto due = first_frame + intake.options().flush_interval;
      if (std::chrono::steady_clock::now() >= due) {
        intake.flush();
      } else {
        set_flush(due);
      }
    });
  }

  void tick() {
    for (auto& [name, input] : inputs) input->tick();
    tick_timer.expires_after(pace);
    tick_timer.async_wait([this](const boost::system::error_code& error) {
      if (!error) tick();
    });
  }

  void stop(std::chrono::nanoseconds patience) {
    asio::post(io, [this, patience] {
      draining = inputs.size() + 1;
      patience_timer.expires_after(patience);
      patience_timer.async_wait([this](const boost::system::error_code& error) {
        if (!error) end();
      });
      for (auto& [name, input] : inputs) input->drain([this] { drained(); });
      drained();
    });
    thread.join();
    intake.queue().set_on_free({});
    inputs.clear();
    intake.queue().close();
  }

  void drained() {
    if (--draining == 0) end();
  }

  void end() {
    intake.flush();
    io.stop();
  }
};

Listeners::Listeners() = default;

Listeners::~Listeners() { stop(); }

base::Errors Listeners::start(const std::vector<InputOptions>& inputs, Intake& intake,
                              event::SourceTable& sources, const event::Offsets& offsets,
                              const base::Clock& clock, Notices::Sink say, OwnEvents* own) {
  CHECK(!running(), "the inputs run already");
  base::Errors mistakes = check_inputs(inputs);
  if (!mistakes.empty()) return mistakes;
  try {
    return open_and_run(inputs, intake, sources, offsets, clock, std::move(say), own);
  } catch (const std::runtime_error& error) {
    // No descriptor for the loop itself, or no thread.
    return {{"ingest-108", std::string("the inputs cannot run: ") + error.what(), {"inputs"}}};
  }
}

base::Errors Listeners::open_and_run(const std::vector<InputOptions>& inputs, Intake& intake,
                                     event::SourceTable& sources, const event::Offsets& offsets,
                                     const base::Clock& clock, Notices::Sink say, OwnEvents* own) {
  base::Errors errors;
  auto next = std::make_unique<Running>(intake, sources, offsets, clock, std::move(say));
  for (InheritedSocket& socket : take_inherited_sockets()) {
    if (std::none_of(inputs.begin(), inputs.end(),
                     [&](const InputOptions& input) { return input.name == socket.name; })) {
      next->notices.say(socket.name, "inherited",
                        "systemd handed over a socket of this name, but no input has it");
    }
    inherited_.push_back(std::move(socket));
  }
  for (const InputOptions& options : inputs) {
    auto input = make_input(options, inherited_, next->place);
    if (input) {
      next->inputs.emplace_back(options.name, std::move(*input));
    } else {
      errors.push_back(std::move(input).error());
    }
  }
  if (!errors.empty()) return errors;
  if (own != nullptr)
    next->inputs.emplace_back(event::own_source().input, make_own_input(*own, next->place));
  intake.queue().reopen();
  next->run();
  const std::lock_guard lock(mutex_);
  running_ = std::move(next);
  return errors;
}

void Listeners::stop(std::chrono::nanoseconds patience) {
  std::unique_ptr<Running> ending;
  {
    const std::lock_guard lock(mutex_);
    ending = std::move(running_);
  }
  if (ending) ending->stop(patience);
}

bool Listeners::running() const {
  const std::lock_guard lock(mutex_);
  return running_ != nullptr;
}

std::uint16_t Listeners::port(std::string_view input) const {
  const std::lock_guard lock(mutex_);
  if (!running_) return 0;
  for (const auto& [name, one] : running_->inputs) {
    if (name == input) return one->port();
  }
  return 0;
}

std::vector<Listeners::PeersOfInput> Listeners::peers() const {
  const std::lock_guard lock(mutex_);
  std::vector<PeersOfInput> out;
  if (!running_) return out;
  for (const auto& [name, input] : running_->inputs) out.push_back({name, input->peers()});
  return out;
}

}  // namespace tocsin::ingest
