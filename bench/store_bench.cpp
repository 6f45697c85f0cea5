// What it costs to keep events: time and bytes an event for a file of log lines, in each sync mode.
// Every run closes the store, opens it again and compares what it reads with the file.
//
//   store_bench FILE [--lines N] [--text BYTES] [--folder DIR]
//
// Default: all lines, 256 KiB of text a batch, a folder under $TMPDIR.
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "store/folder.hpp"
#include "store/store.hpp"

namespace {

using namespace tocsin;
using store::Store;

std::size_t batch_text = std::size_t{256} << 10U;

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "store_bench: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T need(base::Result<T> result) {
  if (!result) stop(base::to_string(result.error()));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

double max_rss_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Bytes that this process had the disk write.
double disk_written() {
  std::ifstream io("/proc/self/io");
  for (std::string word; io >> word;) {
    std::string value;
    io >> value;
    if (word == "write_bytes:") return std::strtod(value.c_str(), nullptr);
  }
  return 0;
}

// Gives the lines of a file as batches.
class Lines {
 public:
  Lines(const std::string& path, std::size_t lines) : left_(lines), file_(path, std::ios::binary) {
    if (!file_) stop("cannot read " + path);
  }
  bool next(event::Batch& batch) {
    batch.clear();
    std::string line;
    while (left_ > 0 && batch.text_size() < batch_text && std::getline(file_, line)) {
      batch.add_frame(line, event::SourceId(1), base::ReceivedTime(1'764'000'000'000'000'000));
      --left_;
    }
    batch.first_seq = event::Seq(next_);
    next_ += batch.frames.size();
    return !batch.frames.empty();
  }

 private:
  std::size_t left_;
  std::uint64_t next_ = 1;
  std::ifstream file_;
};

void compare(const std::string& folder, const std::string& file, std::size_t lines,
             double& seconds) {
  auto store = need(Store::open_read_only(folder));
  Lines want(file, lines);
  event::Batch a, b;
  double reading = 0;
  std::uint64_t frames = 0;
  {
    store::LogReader reader = store->read_log();
    while (want.next(a)) {
      const auto start = std::chrono::steady_clock::now();
      const bool more = need(reader.next(b));
      reading += seconds_since(start);
      if (!more || a.frames.size() != b.frames.size() || a.first_seq != b.first_seq)
        stop("the store gives other frames than it was given");
      for (std::size_t i = 0; i < a.frames.size(); ++i, ++frames) {
        if (a.raw(i) != b.raw(i) || a.frames[i].received != b.frames[i].received ||
            a.frames[i].source != b.frames[i].source)
          stop("frame " + std::to_string(frames + 1) + " came back different");
      }
    }
    if (need(reader.next(b))) stop("the store gives more frames than it was given");
  }
  seconds = reading;
}

void run(const std::string& mode, const std::string& file, const std::string& folder,
         std::size_t lines) {
  std::filesystem::remove_all(folder);
  store::StoreOptions options;
  options.sync = mode;
  auto open_start = std::chrono::steady_clock::now();
  auto store = need(Store::open(folder, options));
  const double opening = seconds_since(open_start);
  const double written = disk_written();
  Lines input(file, lines);
  store::BlockEncoder encoder;
  event::Batch batch;
  store::Commit commit;
  commit.blocks.resize(1);
  double encoding = 0, committing = 0, encoding_cpu = 0;
  std::uint64_t events = 0, text = 0;
  const double cpu = cpu_seconds();
  double reading_cpu = 0;
  while (true) {
    double mark = cpu_seconds();
    if (!input.next(batch)) break;
    reading_cpu += cpu_seconds() - mark;
    events += batch.frames.size();
    text += batch.text_size();
    mark = cpu_seconds();
    auto start = std::chrono::steady_clock::now();
    encoder.encode(batch, commit.blocks[0]);
    encoding += seconds_since(start);
    encoding_cpu += cpu_seconds() - mark;
    start = std::chrono::steady_clock::now();
    store::seal(commit.blocks[0], batch.first_seq, store::time_range(batch));
    need(store->commit(commit));
    committing += seconds_since(start);
  }
  const auto start = std::chrono::steady_clock::now();
  need(store->close());
  const double closing = seconds_since(start);
  store.reset();
  const double all_cpu = cpu_seconds() - cpu - reading_cpu;
  const double stored = static_cast<double>(store::bytes_in(folder));
  const double on_disk = disk_written() - written;
  double reading = 0;
  compare(folder, file, lines, reading);
  const auto count = static_cast<double>(events);
  std::printf(
      "%-6s %9.0f events %6.1f MB text | open %4.0f ms | encode %4.0f ns | commit %4.0f ns | close "
      "%4.0f ms | %5.2f M events/s one thread | cpu %4.0f ns | %5.2f B/event in the folder | %5.2f "
      "B/event written | read back %4.0f ns | max rss %.0f MiB\n",
      mode.c_str(), count, static_cast<double>(text) / 1e6, opening * 1e3, encoding / count * 1e9,
      committing / count * 1e9, closing * 1e3, count / (encoding + committing + closing) / 1e6,
      all_cpu / count * 1e9, stored / count, on_disk / count, reading / count * 1e9, max_rss_mib());
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  std::string file, folder;
  std::size_t lines = ~std::size_t{0};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--lines" && i + 1 < argc) {
      lines = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--text" && i + 1 < argc) {
      batch_text = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--folder" && i + 1 < argc) {
      folder = argv[++i];
    } else if (file.empty() && word.front() != '-') {
      file = word;
    } else {
      stop("usage: store_bench FILE [--lines N] [--text BYTES] [--folder DIR]");
    }
  }
  if (file.empty()) stop("usage: store_bench FILE [--lines N] [--text BYTES] [--folder DIR]");
  if (folder.empty()) folder = std::filesystem::temp_directory_path() / "tocsin-store-bench";
  for (const char* mode : {"os", "group", "always"}) run(mode, file, folder, lines);
  return 0;
}
