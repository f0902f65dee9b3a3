/// One convolution's memory, as the session lays it out. The loader has proved that all of it lies inside the model file and
/// the arena, so kernels check nothing.
@unsafe
public struct ConvolutionArguments {
  public var parameters: ConvolutionParameters
  /// Raw values, height x width x channels, of `inputFormat.elementBytes` each.
  public var input: UnsafeRawPointer
  public var inputFormat: FixedFormat
  public var inputHeight: Int
  public var inputWidth: Int
  public var inputChannels: Int
  /// Raw values of `outputFormat.elementBytes`, the output's height x width x channels; never overlaps the input.
  public var output: UnsafeMutableRawPointer
  public var outputFormat: FixedFormat
  public var outputChannels: Int
  /// `ConvolutionParameters.packedBytes` bytes, as `StoredWeights` reads them.
  public var weights: UnsafeRawPointer
  /// One for each output channel, padded to whole blocks of 16, as `shifts` is.
  public var bias: UnsafePointer<Int32>
  public var shifts: UnsafePointer<UInt8>
  public var minimum: Int32
  public var maximum: Int32
  /// `Conv2D.workspaceBytes` bytes at a multiple of 64.
  public var workspace: UnsafeMutableRawPointer
  /// The part to compute: rows of the output and blocks of 16 output channels. All of them unless narrowed.
  public var rows: Range<Int>
  public var blocks: Range<Int>

  public init(
    parameters: ConvolutionParameters, input: UnsafeRawPointer, inputFormat: FixedFormat, inputHeight: Int,
    inputWidth: Int, inputChannels: Int, output: UnsafeMutableRawPointer, outputFormat: FixedFormat,
    outputChannels: Int, weights: UnsafeRawPointer, bias: UnsafePointer<Int32>, shifts: UnsafePointer<UInt8>,
    minimum: Int32, maximum: Int32, workspace: UnsafeMutableRawPointer
  ) {
    unsafe self.parameters = parameters
    unsafe self.input = input
    unsafe self.inputFormat = inputFormat
    unsafe self.inputHeight = inputHeight
    unsafe self.inputWidth = inputWidth
    unsafe self.inputChannels = inputChannels
    unsafe self.output = output
    unsafe self.outputFormat = outputFormat
    unsafe self.outputChannels = outputChannels
    unsafe self.weights = weights
    unsafe self.bias = bias
    unsafe self.shifts = shifts
    unsafe self.minimum = minimum
    unsafe self.maximum = maximum
    unsafe self.workspace = workspace
    unsafe rows = 0..<parameters.outputHeight(inputHeight)
    unsafe blocks = 0..<Layout.blocks(outputChannels)
  }
}
