import EdgeProgram

/// The program's entry: the name under which SwiftPM links an executable's `main`, and scripts/build-device.sh the device's.
@c(ferrite_edge_main)
public func ferriteEdgeMain(
  _ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var words = unsafe Words(count: argumentCount, arguments)
  _ = words.next()
  do throws(EdgeError) {
    try runCommand(&words)
    return 0
  } catch {
    var writer = TextWriter.standardError
    error.report(to: &writer)
    writer.flush()
    return error.exitCode
  }
}

private func runCommand(_ words: inout Words) throws(EdgeError) {
  guard let command = words.next() else { throw .usage("no command given", nil) }
  if command == "run" {
    try RunCommand.run(words)
  } else if command == "bench" {
    try BenchCommand.run(words)
  } else if command == "selftest" {
    try SelftestCommand.run(words)
  } else if command == "watch" {
    try WatchCommand.run(words)
  } else if command == "detect" {
    try DetectCommand.run(words)
  } else if command == "safe" {
    try SafeCommand.run(words)
  } else if command == "install-model" {
    try InstallCommand.run(words)
  } else if command == "--help" || command == "help" {
    var output = TextWriter.standardOutput
    output.text(Usage.text)
    output.text("\n")
    try output.finish()
  } else {
    throw .usage("unknown command", command)
  }
}

enum Usage {
  static let text: StaticString = """
    usage: ferrite-edge run M.fxm IMAGE.pgm|FOLDER... [COMPUTING] [TRUST] [--json]
           ferrite-edge bench M.fxm [--frames N] [COMPUTING] [TRUST] [--json]
           ferrite-edge selftest M.fxm [--threads N] [TRUST] [--json]
           ferrite-edge watch M.fxm [--board B.board] FRAMES [DETECT] [DECIDING] [COMPUTING] [TELLING] [TRUST]
           ferrite-edge detect C.fxc IMAGE.pgm... [SEARCHING] [--frames N] [--threads N [--cpus N,N,...]] [TRUST] [--json]
           ferrite-edge safe --board B.board
           ferrite-edge install-model NEW.fxm|NEW.fxc [--to PATH] [--board B.board] [TRUST [--allow-older]]
    TRUST: [--public-key KEY.pub], /etc/ferrite-edge/key.pub if it is there
    FRAMES: IMAGE.pgm|FOLDER... | --stdin pgm|raw | --stdin grey|yuv420|nv12|yuyv --size WIDTHxHEIGHT [--every]
            | --camera /dev/videoN [--size WIDTHxHEIGHT]
    DETECT: [--detect C.fxc [SEARCHING] | --no-detect]
    SEARCHING: [--min-face N] [--scale-factor F] [--neighbours N]
    DECIDING: [--smooth 1...6 | --majority 2...63] [--enter P] [--leave P] [--hold MILLISECONDS]
    COMPUTING: [--isa I] [--threads N [--cpus N,N,...]] [--priority 1...99] [--realtime]
    TELLING: [--json [--summary]] [--deadline MILLISECONDS] [--metrics FILE.prom] [--watchdog-device /dev/watchdogN]
    """
}
