import CStandard
import EdgeRuntime

/// `classify MODEL.fxm < FRAMES`: a line for each frame of 48 x 48 grey pixels, one behind the other.
@c(classify_main)
public func classify(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
  guard count == 2, let path = words[1] else { return 64 }
  do throws(NetworkError) {
    var network = try Network(path: path)
    var frame = InlineArray<2304, UInt8>(repeating: 0)
    while read_frame(&frame, frame.count) != 0 {
      try network.run(pixels: frame.span)
      let label = network.model.unsafeLabel(network.classIndex)
      put_line(label.baseAddress!, label.count)
    }
    return 0
  } catch {
    return 65
  }
}
