// The kit without an app: `swift run edgener-tag "Some text"` on a Mac, or a text a line on standard input.
import Edgener
import EdgenerBundle
import Foundation

/// The text with its entities in brackets: `[PER Ada] daga [LOC Kano]`.
func marked(_ text: String, _ entities: [Entity]) -> String {
  var shown = ""
  var place = text.startIndex
  for entity in entities where entity.range.lowerBound >= place {
    shown += "\(text[place..<entity.range.lowerBound])[\(entity.type) \(text[entity.range])]"
    place = entity.range.upperBound
  }
  return shown + text[place...]
}

func complain(_ line: String) {
  FileHandle.standardError.write(Data("edgener-tag: \(line)\n".utf8))
}

do {
  let ner = try await Ner.open(EdgenerBundle.url)
  ner.warnings.forEach { complain("warning: \($0)") }
  let given = CommandLine.arguments.dropFirst()
  for text in given {
    print(marked(text, try await ner.tag(text)))
  }
  while given.isEmpty, let line = readLine() {
    print(marked(line, try await ner.tag(line)))
  }
} catch {
  complain("\(error)")
  exit(2)
}
