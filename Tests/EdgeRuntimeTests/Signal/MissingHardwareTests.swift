import EdgeRuntime
import Testing

/// Boards that this machine isn't. Real lines, LEDs and channels are driven on an emulated Raspberry Pi (Tests/EndToEnd).
/// One after the other: there is at most one `LightOutputs` at a time.
@Suite(.serialized) struct MissingHardwareTests {
  private func parsed(_ text: String) throws(BoardError) -> BoardFile {
    let bytes = Array(text.utf8)
    return try BoardFile(parsing: bytes.span)
  }

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

  @Test(arguments: [
    "led.happy = no-such-led\n", "pwm.happy = 63 0 1000 0 500\n", "pwm.happy = no-such-device 1 1000 0 500\n",
  ])
  func aLightThatDoesNotExistIsNamed(_ text: String) throws {
    let board = try parsed(text)
    var light: Int?
    do throws(LightError) {
      _ = try LightOutputs(board)
    } catch {
      if case .noSuchLight = error.fault { light = error.light }
    }
    #expect(light == 0)
  }
}
