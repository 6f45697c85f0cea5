#include "engine/fold_state.hpp"

namespace tocsin::engine {

base::Result<void> StoredState::save_with(const correlate::WarmedWindows& windows,
                                          Sequence& sequence, event::Seq seen) {
  store::Commit commit;
  correlate::WithWindows out(windows, commit.state);
  sequence.save_changes(out);
  commit.checkpoint = seen;
  return store_.commit(commit);
}

base::Result<std::unique_ptr<Sequence>> make_sequence(const Setup& setup,
                                                      const event::SourceTable& sources,
                                                      const FoldState& state) {
  auto sequence = std::make_unique<Sequence>(setup.pipeline, sources, setup.fold);
  TRY_VOID(sequence->load_from(state.source()));
  return sequence;
}

}  // namespace tocsin::engine
