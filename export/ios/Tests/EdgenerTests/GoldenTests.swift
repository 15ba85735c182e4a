// The sentences that every runtime has to answer as the bundle states, through the Swift interface.
import Edgener
import EdgenerBundle
import Foundation
import XCTest

struct Golden: Decodable {
  let text: String
  let entities: [Stated]

  struct Stated: Decodable {
    let type: String
    let text: String
    let score: Double
    let start, end, start_utf16, end_utf16, start_utf8, end_utf8: Int
  }

  /// Those of the kit's bundle.
  static func all() throws -> [Golden] {
    let lines = try String(contentsOf: EdgenerBundle.url.appendingPathComponent("golden.jsonl"), encoding: .utf8)
    // By the line feed alone: JSON may hold other characters that end a line.
    return try lines.split(separator: "\n").map { try JSONDecoder().decode(Golden.self, from: Data($0.utf8)) }
  }
}

final class GoldenTests: XCTestCase {
  func testEverySentenceIsAnsweredAsStated() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    let golden = try Golden.all()
    try XCTSkipIf(golden.isEmpty, "this bundle has no golden sentences")
    for sentence in golden {
      let text = sentence.text
      let found = try await ner.tag(text)
      XCTAssertEqual(found.map(\.type), sentence.entities.map(\.type), text)
      for (entity, stated) in zip(found, sentence.entities) {
        XCTAssertEqual(entity.text, stated.text)
        XCTAssertEqual(String(text[entity.range]), stated.text)
        XCTAssertEqual(places(of: entity.range, in: text.unicodeScalars), [stated.start, stated.end])
        XCTAssertEqual(places(of: entity.range, in: text.utf16), [stated.start_utf16, stated.end_utf16])
        XCTAssertEqual(places(of: entity.range, in: text.utf8), [stated.start_utf8, stated.end_utf8])
        // Sums of floats differ a little between CPUs, int8 sums that were rounded otherwise by more.
        XCTAssertEqual(entity.score, stated.score, accuracy: 0.05)
      }
    }
  }

  func testTheCoreAgrees() async throws {
    try await Ner.open(EdgenerBundle.url).check()
  }

  private func places<View: Collection>(of range: Range<String.Index>, in view: View) -> [Int]
  where View.Index == String.Index {
    [range.lowerBound, range.upperBound].map { view.distance(from: view.startIndex, to: $0) }
  }
}
