import Glibc
import Synchronization

/// A user's ctrl-C, or a scheduler's SIGTERM, during work that can stop between two pictures.
enum Interruption {
  private static let signal = Atomic<Int32>(0)

  /// From now on SIGINT and SIGTERM ask the work to stop; a second one ends the program as ever.
  ///
  /// Both are let through even where the parent has blocked them, as a thread of Dispatch's does that starts a program.
  static func watch() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      unsafe sigaddset(&signals, number)
      _ = Glibc.signal(number) { number in
        Interruption.signal.store(number, ordering: .relaxed)
        _ = Glibc.signal(number, SIG_DFL)
      }
    }
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  static var isRequested: Bool { signal.load(ordering: .relaxed) != 0 }

  /// The work has stopped as asked.
  struct Stopped: Error, CustomStringConvertible {
    var done: Int
    var total: Int
    var keptAt: String?

    var description: String {
      let state = "interrupted after \(done.grouped) of \(total.grouped) pictures"
      guard let keptAt else { return "\(state); nothing was written (--partial FILE would have kept them)" }
      return "\(state); they are kept in \(keptAt), and the same command goes on from there"
    }

    /// As shells report a program that a signal ended: 128 and its number.
    var exitStatus: Int32 { 128 + signal.load(ordering: .relaxed) }
  }
}
