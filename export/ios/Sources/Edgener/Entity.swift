import CEdgener

/// A named entity in a text.
public struct Entity: Hashable, Sendable {
  /// Such as `PER`, `LOC` or `ORG`: the bundle decides which there are.
  public let type: String
  /// Where it stands in the string that was given to `tag`: `text[entity.range]`, or `NSRange(entity.range, in: text)`.
  public let range: Range<String.Index>
  /// That part of the string.
  public let text: String
  /// 0 to 1: the mean, over its words, of the probability of the chosen label.
  public let score: Double
}

/// The entities of a result of the core, with their places in `text`, of which the core saw the UTF-8.
func entities(of result: OpaquePointer?, in text: String) -> [Entity] {
  var place = text.startIndex
  var bytes = 0
  // From one entity to the next: in a string of Foundation's, a step from the start would be as long as the text.
  func index(_ wanted: Int) -> String.Index {
    place = text.utf8.index(place, offsetBy: wanted - bytes)
    bytes = wanted
    return place
  }
  return (0..<edgener_result_count(result)).compactMap { number in
    guard let found = edgener_result_entity(result, number)?.pointee else { return nil }
    let start = index(found.start_utf8)
    let end = index(found.end_utf8)
    let type = String(cString: found.type)
    return Entity(type: type, range: start..<end, text: String(text[start..<end]), score: found.score)
  }
}
