// Places in Swift's strings, beside those that the core states in three units.
import CEdgener
import EdgenerBundle
import Foundation
import XCTest

@testable import Edgener

final class RangeTests: XCTestCase {
  /// What is put before a sentence, to move its entities: characters of several scalars, of one to four bytes, marks that
  /// follow their letter, Ge'ez, right-to-left text, a line break of two scalars, what normalising drops.
  private let before = [
    "", "👩🏾‍🎤 ", "e\u{301}o\u{323}\u{300} ", "ሰላም ለዓለም ። ", "مرحبا ", "\r\n", "\u{feff}", "🇰🇪🇳🇬 ", "a\u{ad}b\u{200b} ",
    "\u{0} ", "﷽ ", "𝔘𝔫𝔦 ",
  ]

  func testRangesAreThoseOfTheCore() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    var seen = 0
    for sentence in try Golden.all() {
      for start in before {
        seen += try await compare(ner, start + sentence.text + "👩🏾‍🎤e\u{301}")
      }
      seen += try await compare(ner, sentence.text.decomposedStringWithCanonicalMapping)
    }
    let stated = try Golden.all().reduce(0) { $0 + $1.entities.count }
    XCTAssertGreaterThanOrEqual(seen, stated, "the sentences had entities, and none was left to compare")
  }

  func testStringsOfFoundation() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    for sentence in try Golden.all() {
      let text = NSMutableString(string: "👩🏾‍🎤 ሰላም ") as String + sentence.text
      _ = try await compare(ner, (text as NSString).substring(from: 0))
    }
  }

  func testTextsWithoutAnything() async throws {
    let ner = try await Ner.open(EdgenerBundle.url)
    for text in ["", " ", "\n", "\u{200b}", "\u{feff}\u{ad}"] {
      let found = try await ner.tag(text)
      XCTAssertEqual(found, [])
    }
  }

  /// How many entities there were, all of them at the same place by code points, UTF-16 and UTF-8.
  private func compare(_ ner: Ner, _ text: String) async throws -> Int {
    let found = try await ner.tag(text)
    let stated = try core.entities(of: text)
    XCTAssertEqual(found.count, stated.count)
    for (entity, core) in zip(found, stated) {
      XCTAssertEqual(entity.range, range(in: text.unicodeScalars, core.start, core.end), text)
      XCTAssertEqual(entity.range, range(in: text.utf16, core.start_utf16, core.end_utf16), text)
      XCTAssertEqual(entity.range, range(in: text.utf8, core.start_utf8, core.end_utf8), text)
      XCTAssertEqual(Array(text[entity.range].utf8), Array(entity.text.utf8), text)
    }
    return found.count
  }

  private func range<View: Collection>(in view: View, _ start: Int, _ end: Int) -> Range<String.Index>
  where View.Index == String.Index {
    view.index(view.startIndex, offsetBy: start)..<view.index(view.startIndex, offsetBy: end)
  }

  private lazy var core = Core()
}

/// The C interface itself.
private final class Core {
  private var ner: OpaquePointer?

  init() {
    XCTAssertEqual(edgener_open(EdgenerBundle.url.path, nil, &ner, nil), EDGENER_OK)
  }

  deinit { edgener_close(ner) }

  func entities(of text: String) throws -> [edgener_entity] {
    var result: OpaquePointer?
    let bytes = Array(text.utf8).map { CChar(bitPattern: $0) }
    XCTAssertEqual(edgener_tag(ner, bytes, bytes.count, &result, nil), EDGENER_OK)
    defer { edgener_result_free(result) }
    // Their strings end with the result; their numbers do not.
    return (0..<edgener_result_count(result)).compactMap { edgener_result_entity(result, $0)?.pointee }
  }
}
