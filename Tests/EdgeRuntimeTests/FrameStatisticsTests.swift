import EdgeRuntime
import Foundation
import Testing

@Suite struct FrameStatisticsTests {
  /// Stamps of a frame whose stages took so many nanoseconds.
  private func stamps(
    _ wait: UInt64, detect: UInt64 = 0, _ prepare: UInt64, _ infer: UInt64, _ decide: UInt64, _ pin: UInt64
  ) -> FrameStatistics.Stamps {
    var stamps = FrameStatistics.Stamps()
    stamps.captured = 1_000_000
    stamps.taken = stamps.captured + wait
    stamps.found = stamps.taken + detect
    stamps.prepared = stamps.found + prepare
    stamps.inferred = stamps.prepared + infer
    stamps.decided = stamps.inferred + decide
    stamps.pinned = stamps.decided + pin
    return stamps
  }

  @Test func nothingIsToldBeforeTheFirstFrame() throws {
    let statistics = try #require(FrameStatistics())
    #expect(statistics.frames == 0 && statistics.decision == nil && statistics.lastNanoseconds == 0)
    #expect(statistics.histogram(.whole).percentile(permille: 500) == 0)
  }

  @Test func eachStageHasItsOwnTimes() throws {
    let statistics = try #require(FrameStatistics())
    statistics.add(stamps(10, detect: 70_000, 200, 3000, 4, 50), decision: 2, dropped: 7, deadline: nil)
    let expected: [(FrameStatistics.Stage, UInt64)] = [
      (.wait, 10), (.detect, 70_000), (.prepare, 200), (.infer, 3000), (.decide, 4), (.pin, 50), (.whole, 73_264),
    ]
    for (stage, nanoseconds) in expected {
      #expect(statistics.histogram(stage).greatest == nanoseconds, "\(stage)")
      let median = statistics.histogram(stage).percentile(permille: 500)
      #expect(median == nanoseconds, "\(stage)")
      #expect(statistics.sum(stage) == nanoseconds, "\(stage)")
    }
    #expect(statistics.frames == 1 && statistics.dropped == 7 && statistics.decision == 2)
    #expect(statistics.lastNanoseconds == 1_073_264)
  }

  @Test func aFrameBeyondTheDeadlineIsAMissAndOneOnItIsNone() throws {
    let statistics = try #require(FrameStatistics())
    statistics.add(stamps(0, 0, 100, 0, 0), decision: nil, dropped: 0, deadline: 100)
    #expect(statistics.deadlineMisses == 0)
    statistics.add(stamps(0, 0, 101, 0, 0), decision: nil, dropped: 0, deadline: 100)
    #expect(statistics.deadlineMisses == 1)
  }

  @Test func framesThatShowNobodyAreCounted() throws {
    let statistics = try #require(FrameStatistics())
    for isNobody in [true, false, true] {
      statistics.add(stamps(1, 1, 1, 1, 1), decision: nil, isNobody: isNobody, dropped: 0, deadline: nil)
    }
    #expect(statistics.frames == 3 && statistics.nobody == 2)
  }

  @Test func framesAreCountedByTheirDecision() throws {
    let statistics = try #require(FrameStatistics())
    for decision in [0, 255, nil, 255] as [Int?] {
      statistics.add(stamps(1, 1, 1, 1, 1), decision: decision, dropped: 0, deadline: nil)
    }
    #expect(statistics.frames(decidedFor: 0) == 1)
    #expect(statistics.frames(decidedFor: 1) == 0)
    #expect(statistics.frames(decidedFor: 255) == 2)
    #expect(statistics.frames == 4)
  }

  /// A driver's clock may run ahead of ours by a little: such a wait counts as none.
  @Test func aCaptureInTheFutureTakesNoTime() throws {
    let statistics = try #require(FrameStatistics())
    var early = stamps(0, 0, 0, 0, 0)
    early.captured += 5
    statistics.add(early, decision: nil, dropped: 0, deadline: 0)
    #expect(statistics.histogram(.whole).greatest == 0 && statistics.deadlineMisses == 0)
  }

  @Test func percentilesAreAtMostASixteenthTooGreat() throws {
    let statistics = try #require(FrameStatistics())
    for value in 1...1000 as ClosedRange<UInt64> {
      statistics.add(stamps(0, 0, value * 1000, 0, 0), decision: nil, dropped: 0, deadline: nil)
    }
    for (permille, exact) in [(500, 500_000), (990, 990_000), (999, 999_000)] as [(UInt64, UInt64)] {
      let found = statistics.histogram(.infer).percentile(permille: permille)
      #expect(found >= exact && found <= exact + exact / 16, "\(permille)")
    }
  }

  @Test func anotherThreadReadsWhileFramesAreAdded() async throws {
    let statistics = try #require(FrameStatistics())
    let reading = Thread {
      var last: UInt64 = 0
      while last < 100_000 {
        let frames = statistics.frames
        precondition(frames >= last, "the count went back")
        last = frames
        // One word may be a frame ahead of another one, no more than those that were added meanwhile.
        precondition(statistics.histogram(.whole).total >= last, "a frame is counted before its times")
      }
    }
    reading.start()
    let frame = stamps(1, 1, 1, 1, 1)
    for _ in 0..<100_000 { statistics.add(frame, decision: 1, dropped: 0, deadline: nil) }
    while !reading.isFinished { usleep(1000) }
    #expect(statistics.histogram(.whole).total == 100_000)
  }
}
