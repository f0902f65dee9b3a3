import EdgeProgram
import EdgeRuntime

/// `safe --board B.board`: drives every line of the board to its safe level and releases it, and makes its lights inactive. For whoever cleans up after a
/// program that could not, such as a systemd unit's ExecStopPost.
enum SafeCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .board)
    try options.end()
    let board = try Board(options.requiredBoard())
    var lines = try board.takeLines()
    do throws(SystemError) { try lines?.driveSafe() } catch { throw .lines(systemError: error.number) }
    var lights = try board.takeLights()
    do throws(SystemError) { try lights?.driveSafe() } catch { throw .lights(systemError: error.number) }
  }
}
