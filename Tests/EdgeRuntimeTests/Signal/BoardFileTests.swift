import EdgeRuntime
import Foundation
import Testing

@Suite struct BoardFileTests {
  /// A board file as plain values.
  private struct Reading: Equatable {
    var lines: [String]
    var chipLabel: String
    var consumer: String
    var safeValue: Bool
    var safeIsHigh: Bool
  }

  private func read(_ text: String) throws -> Reading {
    let bytes = Array(text.utf8)
    let board = try BoardFile(parsing: bytes.span)
    func string(_ range: BoardFile.TextRange) -> String {
      String(decoding: (0..<range.count).map { board.byte($0, of: range) }, as: UTF8.self)
    }
    var lines: [String] = []
    for index in 0..<board.lineCount {
      var line = ""
      switch board[index].role {
      case .class(let label): line = string(label)
      case .bit(let bit): line = "(bit \(bit))"
      case .heartbeat: line = "(heartbeat)"
      }
      switch board[index].place {
      case .offset(let offset): line += " at \(offset)"
      case .name(let name): line += " named \(string(name))"
      }
      lines.append(line)
    }
    return Reading(
      lines: lines, chipLabel: string(board.chipLabel), consumer: string(board.consumer), safeValue: board.safeValue,
      safeIsHigh: board.safeIsHigh)
  }

  private func error(_ text: String) -> BoardError? {
    do {
      _ = try read(text)
      return nil
    } catch {
      return error as? BoardError
    }
  }

  @Test func everySettingIsRead() throws {
    let text = """
      # a comment
      name = A board of ours
      \tchip-label=pinctrl-x\r
      consumer = lamp

      line.happy = 17
      line.sad = GPIO 4
      heartbeat = 0
      active-low = yes
      safe = low
      """
    #expect(
      try read(text)
        == Reading(
          lines: ["happy at 17", "sad named GPIO 4", "(heartbeat) at 0"], chipLabel: "pinctrl-x", consumer: "lamp",
          safeValue: true, safeIsHigh: false))
  }

  @Test(arguments: [("no", false), ("yes", true)])
  func withoutASafeLevelAnInactiveLineIsSafe(activeLow: String, safeIsHigh: Bool) throws {
    let reading = try read("chip-label = x\nline.a = 1\nactive-low = \(activeLow)")
    #expect(reading.safeIsHigh == safeIsHigh)
    #expect(reading.safeValue == false)
  }

  @Test(arguments: [
    ("chip-label = x\nline.a = 1\nlamp = 2", BoardError(.unknownKey, line: 3)),
    ("chip-label = x\nline. = 1", BoardError(.unknownKey, line: 2)),
    ("chip-label = x\nline.a", BoardError(.noEqualsSign, line: 2)),
    ("chip-label =\nline.a = 1", BoardError(.emptyValue, line: 1)),
    ("chip-label = x\nchip-label = y\nline.a = 1", BoardError(.duplicateKey, line: 2)),
    ("chip-label = x\nline.a = 1\nline.a = 2", BoardError(.duplicateKey, line: 3)),
    ("chip-label = x\nline.a = 1\nheartbeat = 2\nheartbeat = 3", BoardError(.duplicateKey, line: 4)),
    ("safe = low\nsafe = low", BoardError(.duplicateKey, line: 2)),
    ("active-low = no\n\nactive-low = no", BoardError(.duplicateKey, line: 3)),
    ("chip-label = x\nline.a = 7\nline.b = 7", BoardError(.pinTwice, line: 3)),
    ("chip-label = x\nline.a = 7\nheartbeat = 007", BoardError(.pinTwice, line: 3)),
    ("chip-label = x\nline.a = GPIO7\nline.b = GPIO7", BoardError(.pinTwice, line: 3)),
    ("line.a = 65536", BoardError(.offsetTooLarge, line: 1)),
    ("line.a = 99999999999999999999999999", BoardError(.offsetTooLarge, line: 1)),
    ("line.a = 12345678901234567890123456789012x", BoardError(.offsetTooLarge, line: 1)),
    ("line.a = a-name-of-more-than-31-bytes-is-none", BoardError(.valueTooLong, line: 1)),
    ("chip-label = a-label-of-more-than-31-bytes-is-none", BoardError(.valueTooLong, line: 1)),
    ("active-low = true", BoardError(.badBoolean, line: 1)),
    ("safe = off", BoardError(.badLevel, line: 1)),
    ("name = caf\u{e9}", BoardError(.notText, line: 1)),
    ("line.a = 1", BoardError(.noChipLabel, line: 0)),
    ("chip-label = x\nheartbeat = 1", BoardError(.noClassLine, line: 0)),
    ("", BoardError(.noChipLabel, line: 0)),
    ("chip-label = x\nbit.6 = 1", BoardError(.badBit, line: 2)),
    ("chip-label = x\nbit. = 1", BoardError(.badBit, line: 2)),
    ("chip-label = x\nbit.01 = 1", BoardError(.badBit, line: 2)),
    ("chip-label = x\nbit.0 = 1\nbit.0 = 2", BoardError(.duplicateKey, line: 3)),
    ("chip-label = x\nbit.0 = 1\nline.a = 1", BoardError(.pinTwice, line: 3)),
    ("chip-label = x\nbit.0 = 1\nbit.2 = 2", BoardError(.missingBit, line: 0)),
    ("drive = open", BoardError(.badDrive, line: 1)),
    ("bias = up", BoardError(.badBias, line: 1)),
    ("drive = push-pull\ndrive = push-pull", BoardError(.duplicateKey, line: 2)),
    ("bias = none\nbias = none", BoardError(.duplicateKey, line: 2)),
    ("led.a = x/y", BoardError(.badLightName, line: 1)),
    ("led.a = ..", BoardError(.badLightName, line: 1)),
    ("led. = x", BoardError(.unknownKey, line: 1)),
    ("led.a = x\nled.a = y", BoardError(.duplicateKey, line: 2)),
    ("led.a = x\nled.b = x", BoardError(.lightTwice, line: 2)),
    ("pwm.a = 0 1 100 0 100\npwm.a = 0 0 100 0 100", BoardError(.duplicateKey, line: 2)),
    ("pwm.a = 0 1 100 0 100\npwm.b = 0 1 50 0 50", BoardError(.lightTwice, line: 2)),
    ("pwm.a = 0 1 100 0", BoardError(.badPWM, line: 1)),
    ("pwm.a = 0 1 100 0 100 7", BoardError(.badPWM, line: 1)),
    ("pwm.a = 0 1 100 0 101", BoardError(.badPWM, line: 1)),
    ("pwm.a = 0 1 100 101 0", BoardError(.badPWM, line: 1)),
    ("pwm.a = 0 1 0 0 0", BoardError(.badPWM, line: 1)),
    ("pwm.a = 0 1 1000001 0 0", BoardError(.badPWM, line: 1)),
    ("pwm.a = 0 256 100 0 0", BoardError(.badPWM, line: 1)),
    ("pwm.a = ../x 1 100 0 0", BoardError(.badPWM, line: 1)),
    ("pwm.a = 0 1 100 -1 0", BoardError(.badPWM, line: 1)),
    ("strength = half", BoardError(.badStrength, line: 1)),
    ("strength = full\nstrength = full", BoardError(.duplicateKey, line: 2)),
    ("led.a = x\npulse.a = 0", BoardError(.badPattern, line: 2)),
    ("led.a = x\npulse.a = 60001", BoardError(.badPattern, line: 2)),
    ("led.a = x\npulse.a = 1 2", BoardError(.badPattern, line: 2)),
    ("led.a = x\nblink.a = 1", BoardError(.badPattern, line: 2)),
    ("led.a = x\nblink.a = 1 2 3", BoardError(.badPattern, line: 2)),
    ("led.a = x\nblink.a = 1 x", BoardError(.badPattern, line: 2)),
    ("led.a = x\npulse.a = 1\nblink.a = 1 1", BoardError(.patternTwice, line: 3)),
    ("pulse.b = 1\nled.a = x", BoardError(.patternWithoutLine, line: 1)),
    ("chip-label = x\nheartbeat = 1\npulse.heartbeat = 1", BoardError(.noClassLine, line: 0)),
  ])
  func aDoubtfulFileIsAnErrorWithItsLine(text: String, expected: BoardError) {
    #expect(error(text) == expected)
  }

  @Test func bitsDriveAndBiasAreRead() throws {
    let text = "chip-label = x\nbit.1 = 8\nbit.0 = LAMP\ndrive = open-drain\nbias = pull-up\nline.a = 3"
    #expect(try read(text).lines == ["(bit 1) at 8", "(bit 0) named LAMP", "a at 3"])
    let bytes = Array(text.utf8)
    let board = try BoardFile(parsing: bytes.span)
    #expect(board.bitCount == 2 && board.drive == .openDrain && board.bias == .pullUp)
    let plain = Array("chip-label = x\nline.a = 3".utf8)
    let other = try BoardFile(parsing: plain.span)
    #expect(other.bitCount == 0 && other.drive == .pushPull && other.bias == .asIs)
  }

  @Test func lightsAndPatternsAreReadWithoutAnyChip() throws {
    let bytes = Array(
      """
      pulse.sad = 200
      led.happy = ACT
      blink.happy = 250\t750
      pwm.happy = 3f20c000.pwm 1 20000 1000 2000
      pwm.sad = 12 0 1000 1000 0
      strength = probability
      """.utf8)
    let board = try BoardFile(parsing: bytes.span)
    func string(_ range: BoardFile.TextRange) -> String {
      String(decoding: (0..<range.count).map { board.byte($0, of: range) }, as: UTF8.self)
    }
    #expect(board.lineCount == 0 && board.lightCount == 3 && board.followsProbability)
    let blink = Pattern.blink(onNanoseconds: 250_000_000, offNanoseconds: 750_000_000)
    let patterns = (0..<3).map { board.light($0).pattern }
    #expect(patterns == [blink, blink, .pulse(nanoseconds: 200_000_000)])
    #expect((0..<3).map { string(board.light($0).label) } == ["happy", "happy", "sad"])
    guard case .led(let name) = board.light(0).driver, case .pwm(let channel) = board.light(1).driver else {
      Issue.record("a LED and a channel")
      return
    }
    #expect(string(name) == "ACT" && string(channel.chip) == "3f20c000.pwm")
    let numbers = [channel.number, channel.periodNanoseconds, channel.offNanoseconds, channel.onNanoseconds]
    #expect(numbers == [1, 20_000_000, 1_000_000, 2_000_000])
  }

  @Test func aLinesPatternMayStandAboveOrBelowIt() throws {
    let bytes = Array("chip-label = x\npulse.a = 5\nline.a = 1\nline.b = 2\nblink.b = 1 2\nline.c = 3".utf8)
    let board = try BoardFile(parsing: bytes.span)
    let patterns = (0..<3).map { board[$0].pattern }
    #expect(
      patterns == [
        .pulse(nanoseconds: 5_000_000), .blink(onNanoseconds: 1_000_000, offNanoseconds: 2_000_000), .steady,
      ])
  }

  @Test func moreThanSixteenLightsAreTooMany() {
    let lights = (0..<16).map { "led.c\($0) = l\($0)" }.joined(separator: "\n")
    #expect(error(lights) == nil)
    #expect(error(lights + "\nled.d = m") == BoardError(.tooManyLights, line: 17))
    #expect(error("led.a = " + String(repeating: "x", count: 63)) == nil)
    #expect(error("led.a = " + String(repeating: "x", count: 64)) == BoardError(.lightNameTooLong, line: 1))
  }

  @Test(arguments: [("happy", 1), ("sad", 2), ("hap", nil), ("happy!", nil), ("heartbeat", nil), ("", nil)])
  func aLabelFindsItsLineAndTheHeartbeatIsNone(label: String, entry: Int?) throws {
    let bytes = Array("chip-label = x\nheartbeat = 1\nline.happy = 2\nline.sad = 3".utf8)
    let board = try BoardFile(parsing: bytes.span)
    let found = unsafe Array(label.utf8).withUnsafeBytes { unsafe board.entry(showing: $0) }
    #expect(found == entry)
  }

  @Test func capacitiesAreStatedErrors() {
    let lines = (0..<64).map { "line.c\($0) = \($0)" }.joined(separator: "\n")
    #expect(error("chip-label = x\n\(lines)") == nil)
    #expect(error("chip-label = x\n\(lines)\nheartbeat = 64") == BoardError(.tooManyLines, line: 66))
    let file = "chip-label = x\nline.a = 1\n#"
    #expect(error(file + String(repeating: " ", count: 4096 - file.utf8.count)) == nil)
    #expect(error(file + String(repeating: " ", count: 4097 - file.utf8.count)) == BoardError(.tooLong, line: 0))
  }

  @Test func everyBoardOfOursHasTheSevenClassesAndAHeartbeat() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../../boards").standardized
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count >= 4)
    for file in files {
      let reading = try read(String(contentsOf: file, encoding: .utf8))
      let roles = reading.lines.map { $0.prefix { $0 != " " } }
      #expect(
        roles == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "(heartbeat)"],
        "\(file.lastPathComponent)")
      #expect(reading.safeValue == false, "\(file.lastPathComponent)")
    }
  }

  /// Cut off anywhere, or with any bit flipped: read, or refused for a line that is there.
  @Test func noDamageToABoardFileGoesUnnoticedOrCrashes() {
    let text = """
      name = all of it
      chip-label = pinctrl-x
      consumer = lamp
      active-low = yes
      safe = low
      drive = open-drain
      bias = pull-up
      bit.0 = 17
      line.happy = GPIO4
      heartbeat = 5
      led.sad = status
      blink.sad = 100 50
      pwm.happy = pwmchip0 1 20000 500 1500
      pulse.happy = 300
      strength = probability

      """
    let bytes = Array(text.utf8)
    let lines = bytes.count { $0 == UInt8(ascii: "\n") }
    #expect(fault(bytes) == nil)
    for count in bytes.indices {
      if let fault = fault(Array(bytes[..<count])) { #expect((0...lines).contains(fault.lineNumber)) }
    }
    var refused = 0
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        guard let fault = fault(damaged) else { continue }
        refused += 1
        #expect((0...lines + 1).contains(fault.lineNumber))
      }
    }
    #expect(refused > bytes.count)
  }

  private func fault(_ bytes: [UInt8]) -> BoardError? {
    do throws(BoardError) {
      _ = try BoardFile(parsing: bytes.span)
      return nil
    } catch {
      return error
    }
  }
}
