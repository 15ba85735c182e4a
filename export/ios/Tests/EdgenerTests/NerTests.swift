// How a recogniser is used: by several tasks, after its end, with a bundle that is none.
import EdgenerBundle
import Foundation
import XCTest

@testable import Edgener

final class NerTests: XCTestCase {
  func testSeveralTasksAtOnce() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    let other = try await Ner.open(EdgenerBundle.url)
    let texts = try Golden.all().map(\.text)
    var alone: [[Entity]] = []
    for text in texts { alone.append(try await ner.tag(text)) }
    try await withThrowingTaskGroup(of: (Int, [Entity]).self) { group in
      for round in 0..<8 {
        for (number, text) in texts.enumerated() {
          group.addTask { (number, try await (round % 2 == 0 ? ner : other).tag(text)) }
        }
      }
      for try await (number, found) in group { XCTAssertEqual(found, alone[number]) }
    }
  }

  func testAfterItsEnd() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    let texts = try Golden.all().map(\.text)
    await withTaskGroup(of: Void.self) { group in
      for text in texts + texts {
        group.addTask {
          do { _ = try await ner.tag(text) } catch { XCTAssertEqual((error as? NerError)?.code, .closed) }
        }
      }
      group.addTask { await ner.close() }
    }
    await ner.close()
    await expect(.closed) { _ = try await ner.tag("Kano") }
    await expect(.closed) { try await ner.check() }
  }

  func testItsWorkIsNotOnTheMainThread() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    let onMain = await Task { @MainActor in await ner.isOnMainThread() }.value
    XCTAssertFalse(onMain)
  }

  func testCancelled() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await ner.tag("Kano")
    }
    task.cancel()
    do {
      _ = try await task.value
      XCTFail("a cancelled task was answered")
    } catch { XCTAssertTrue(error is CancellationError) }
  }

  func testDamagedBundles() async throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: EdgenerBundle.url.path) {
      let copy = try self.copy()
      let file = copy.appendingPathComponent(name)
      var content = try Data(contentsOf: file)
      content[content.count / 2] ^= 1
      try content.write(to: file)
      await expect(.damaged) { _ = try await Ner.open(copy) }
      try FileManager.default.removeItem(at: file)
      await expect(.unreadable, or: .malformed) { _ = try await Ner.open(copy) }
    }
    let copy = try self.copy()
    try Data().write(to: copy.appendingPathComponent("surplus"))
    await expect(.malformed) { _ = try await Ner.open(copy) }
  }

  func testWhatIsNoBundle() async throws {
    await expect(.unreadable) { _ = try await Ner.open(URL(fileURLWithPath: "/no/such/bundle")) }
    await expect(.badArgument) { _ = try await Ner.open(URL(string: "https://example.org/bundle")!) }
    await expect(.badArgument) { _ = try await Ner.open(EdgenerBundle.url, options: self.options { $0.threads = -1 }) }
    await expect(.badArgument) { _ = try await Ner.open(EdgenerBundle.url, options: self.options { $0.minScore = 2 }) }
    await expect(.badArgument) { _ = try await Ner.open(EdgenerBundle.url, options: self.options { $0.variant = "no" }) }
    await expect(.noRuntime) { _ = try await Ner.open(EdgenerBundle.url, options: self.options { $0.runtime = "/no" }) }
  }

  func testOptions() async throws {
    let all = try await Ner.open(EdgenerBundle.url)
    let sure = try await Ner.open(EdgenerBundle.url, options: options { $0.minScore = 0.9 })
    let few = try await Ner.open(EdgenerBundle.url, options: options { $0.recallBias = -100 })
    for text in try Golden.all().map(\.text) {
      let expected = try await all.tag(text).filter { $0.score >= 0.9 }
      let found = try await sure.tag(text)
      XCTAssertEqual(found, expected)
      let none = try await few.tag(text)
      XCTAssertEqual(none, [])
    }
  }

  private func options(_ set: (inout Options) -> Void) -> Options {
    var options = Options()
    set(&options)
    return options
  }

  private func copy() throws -> URL {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    addTeardownBlock { try? FileManager.default.removeItem(at: place) }
    try FileManager.default.copyItem(at: EdgenerBundle.url, to: place)
    return place
  }

  private func expect(
    _ code: NerError.Code, or other: NerError.Code? = nil, line: UInt = #line, _ work: () async throws -> Void
  ) async {
    do {
      try await work()
      XCTFail("nothing was thrown", line: line)
    } catch {
      let found = (error as? NerError)?.code
      XCTAssertTrue(found == code || (found != nil && found == other), "\(error)", line: line)
      XCTAssertFalse("\(error)".isEmpty || "\(error)".contains("\n"), line: line)
    }
  }
}

extension Ner {
  /// Where this actor's work is done, `tag` included.
  fileprivate func isOnMainThread() -> Bool { Thread.isMainThread }
}
