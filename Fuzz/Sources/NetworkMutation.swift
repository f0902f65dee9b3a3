import CFuzzer
import Foundation
import SwiftProtobuf

@testable import Exporter

/// Changes to ONNX files that leave them readable as protocol buffers: random bytes seldom do.
extension Mutation {
  mutating func changeNetwork() {
    let data = unsafe Data(UnsafeBufferPointer(start: bytes, count: count))
    guard !random.oneIn(3), var model = try? ONNXModelProto(serializedBytes: data) else { return changeBytes() }
    for _ in 0..<random.next(in: 1...3) { change(&model) }
    guard let changed = try? model.serializedData() else { return changeBytes() }
    replace(by: Array(changed))
  }

  private mutating func change(_ model: inout ONNXModelProto) {
    switch random.next(in: 0...9) {
    case 0: for place in model.opsetImport.indices { model.opsetImport[place].version = number() }
    case 1: changeInterface(&model.graph)
    case 2...3: change(&model.graph.initializer)
    case 4: changeMetadata(&model)
    default: change(&model.graph)
    }
  }

  /// Numbers that shapes, axes and attributes may hold, and some that they may not.
  private mutating func number() -> Int64 {
    let limits: [Int64] = [.min, -65536, -128, -2, -1, 0, 1, 2, 3, 4, 7, 11, 20, 28, 255, 65536, 1 << 31, .max]
    return limits[random.next(in: 0...limits.count - 1)]
  }

  private mutating func index(of count: Int) -> Int { random.next(in: 0...count - 1) }

  private mutating func changeInterface(_ graph: inout ONNXGraphProto) {
    guard !graph.input.isEmpty else { return }
    let place = index(of: graph.input.count)
    let extents = graph.input[place].type.tensorType.shape.dim.count
    guard extents > 0 else { return }
    graph.input[place].type.tensorType.shape.dim[index(of: extents)].dimValue = number()
  }

  private mutating func changeMetadata(_ model: inout ONNXModelProto) {
    guard !model.metadataProps.isEmpty else { return }
    let place = index(of: model.metadataProps.count)
    let texts = ["", "nan", "1e99,0", "0", "-1", "0.5,0.5,0.5", "a,b", ",,,,,,", "\n"]
    model.metadataProps[place].value = texts[index(of: texts.count)]
  }

  private mutating func change(_ tensors: inout [ONNXTensorProto]) {
    guard !tensors.isEmpty else { return }
    let place = index(of: tensors.count)
    switch random.next(in: 0...4) {
    case 0 where !tensors[place].dims.isEmpty: tensors[place].dims[index(of: tensors[place].dims.count)] = number()
    case 1: tensors[place].dims.append(number())
    case 2 where !tensors[place].rawData.isEmpty:
      var raw = Array(tensors[place].rawData)
      raw[index(of: raw.count)] ^= UInt8(1 << random.next(in: 0...7))
      tensors[place].rawData = Data(raw)
    case 3: tensors[place].dims.reverse()
    default: tensors[place].rawData = tensors[index(of: tensors.count)].rawData
    }
  }

  private mutating func change(_ graph: inout ONNXGraphProto) {
    guard !graph.node.isEmpty else { return }
    let (place, other) = (index(of: graph.node.count), index(of: graph.node.count))
    switch random.next(in: 0...6) {
    case 0:
      let types = OperatorTable.operators.keys.sorted()
      graph.node[place].opType = types[index(of: types.count)]
    case 1 where !graph.node[place].input.isEmpty && !graph.node[other].output.isEmpty:
      graph.node[place].input[index(of: graph.node[place].input.count)] = graph.node[other].output[0]
    case 2 where !graph.node[place].input.isEmpty && !graph.initializer.isEmpty:
      let name = graph.initializer[index(of: graph.initializer.count)].name
      graph.node[place].input[index(of: graph.node[place].input.count)] = name
    case 3 where !graph.node[place].input.isEmpty: graph.node[place].input.removeLast()
    case 4: graph.node[place].attribute = graph.node[other].attribute
    case 5 where !graph.node[place].input.isEmpty && !graph.node[place].output.isEmpty:
      // What read the node reads its first input: the node is left out.
      let (gone, kept) = (graph.node[place].output[0], graph.node[place].input[0])
      for node in graph.node.indices {
        graph.node[node].input = graph.node[node].input.map { $0 == gone ? kept : $0 }
      }
    default: changeAttribute(&graph.node[place])
    }
  }

  private mutating func changeAttribute(_ node: inout ONNXNodeProto) {
    guard !node.attribute.isEmpty else { return }
    let place = index(of: node.attribute.count)
    if node.attribute[place].ints.isEmpty {
      node.attribute[place].i = number()
      node.attribute[place].f = [0, -1, .nan, .infinity, 1e-30, 1e30][index(of: 6)]
    } else {
      node.attribute[place].ints[index(of: node.attribute[place].ints.count)] = number()
    }
  }
}
