// Runs a fuzz target over the files of a folder, each whole and cut at many places, without
// libFuzzer. Every input lies in a heap block of its exact size, so that a sanitizer sees the first
// byte read too far.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(std::string_view input) {
  const auto block = std::make_unique_for_overwrite<std::uint8_t[]>(input.size());
  if (!input.empty()) std::memcpy(block.get(), input.data(), input.size());
  LLVMFuzzerTestOneInput(block.get(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::size_t runs = 0;
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(in), {}};
    if (!in) {
      std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
      return 1;
    }
    // Named first, so that a crash tells its input.
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    const std::size_t step = input.size() / 512 + 1;
    for (std::size_t cut = 0; cut < input.size(); cut += step, ++runs)
      run(std::string_view(input).substr(0, cut));
    run(input);
    ++runs;
  }
  std::printf("%zu files, %zu inputs\n", files.size(), runs);
  return files.empty() ? 1 : 0;
}
