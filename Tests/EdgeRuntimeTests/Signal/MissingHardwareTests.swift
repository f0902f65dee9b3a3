import EdgeRuntime
import Foundation
import Testing

private func parsed(_ text: String) throws(BoardError) -> BoardFile {
  let bytes = Array(text.utf8)
  return try BoardFile(parsing: bytes.span)
}

/// Boards that this machine isn't. Real lines, LEDs and channels are driven on an emulated Raspberry Pi (Tests/EndToEnd).
@Suite struct MissingHardwareTests {
  @Test func aChipThatNobodyHasIsNotFound() throws {
    let board = try parsed("chip-label = no such chip\nline.happy = 3\n")
    var isMissing = false
    do throws(LineError) {
      _ = try LineResolution.chip(of: board)
    } catch {
      if case .noChip = error { isMissing = true }
    }
    #expect(isMissing)
  }

  @Test func aChipNumberThatDoesNotExistSaysSo() {
    #expect(throws: SystemError.self) { _ = try GPIOChip(number: 999) }
  }

  /// In a process of its own, whose signals the lights take.
  @Test(arguments: [
    "led.happy = no-such-led\n", "pwm.happy = 63 0 1000 0 500\n", "pwm.happy = no-such-device 1 1000 0 500\n",
  ])
  func aLightThatDoesNotExistIsNamed(_ text: String) async {
    await #expect(processExitsWith: .exitCode(42)) { [text] in
      let board = try parsed(text)
      do throws(LightError) {
        _ = try LightOutputs(board)
      } catch {
        if case .noSuchLight = error.fault, error.light == 0 { exit(42) }
      }
    }
  }
}
