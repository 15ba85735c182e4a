// A view that marks the names in what is typed: to try a bundle, and to copy from.
#if canImport(SwiftUI)
import Edgener
import EdgenerBundle
import SwiftUI

public struct NerView: View {
  @StateObject private var model = NerModel()
  @State private var text = ""

  public init() {}

  public var body: some View {
    VStack(alignment: .leading, spacing: 12) {
      TextEditor(text: $text)
        .frame(minHeight: 120)
        .overlay(RoundedRectangle(cornerRadius: 8).stroke(.secondary))
      ScrollView {
        Text(model.marked).frame(maxWidth: .infinity, alignment: .leading)
      }
      if let problem = model.problem {
        Text(problem).font(.footnote).foregroundColor(.red)
      }
    }
    .padding()
    // Begins anew with each change of the text, and cancels what the change before it began.
    .task(id: text) { await model.tag(text) }
  }
}

/// What the view shows. It lives on the main actor; the work does not.
@MainActor
final class NerModel: ObservableObject {
  @Published private(set) var marked = AttributedString()
  @Published private(set) var problem: String?
  private var opening: Task<Ner, any Error>?

  func tag(_ text: String) async {
    do {
      let entities = try await opened().tag(text)
      try Task.checkCancellation()
      marked = attributed(text, entities)
      problem = nil
    } catch is CancellationError {
      return
    } catch {
      problem = error.localizedDescription
    }
  }

  /// Once, however many ask at a time, and whoever of them is cancelled.
  private func opened() async throws -> Ner {
    if opening == nil { opening = Task { try await Ner.open(EdgenerBundle.url) } }
    guard let opening else { throw CancellationError() }
    return try await opening.value
  }

  private func attributed(_ text: String, _ entities: [Entity]) -> AttributedString {
    var shown = AttributedString()
    var place = text.startIndex
    for entity in entities where entity.range.lowerBound >= place {
      shown += AttributedString(String(text[place..<entity.range.lowerBound]))
      var name = AttributedString(String(text[entity.range]))
      name.backgroundColor = Color.yellow.opacity(0.4)
      var type = AttributedString(" \(entity.type)")
      type.font = Font.caption2
      type.foregroundColor = Color.secondary
      shown += name + type
      place = entity.range.upperBound
    }
    return shown + AttributedString(String(text[place...]))
  }
}
#endif
