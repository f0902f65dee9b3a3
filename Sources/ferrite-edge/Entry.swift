import EdgeRuntime

/// The program's entry: the name under which SwiftPM links an executable's `main`, and scripts/build-device.sh the device's.
@c(ferrite_edge_main)
public func ferriteEdgeMain(
  _ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  64
}
