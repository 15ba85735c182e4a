import Foundation

/// Finds named entities with a bundle.
///
///     let ner = try await Ner.open(EdgenerBundle.url)
///     for entity in try await ner.tag(text) { print(entity.type, text[entity.range], entity.score) }
///
/// An actor: its work never runs on the main actor, and it takes one text at a time. More at once would not be faster,
/// for ONNX Runtime has threads of its own, and each would take memory, of which an app extension has little.
public actor Ner {
  /// What is not wrong but should be known of this bundle on this device, a line each.
  public nonisolated let warnings: [String]
  private var handle: Handle?

  private init(_ handle: Handle) {
    self.handle = handle
    warnings = handle.warnings
  }

  /// Verifies a bundle, a folder, and loads it. Throws `NerError`.
  public static func open(_ folder: URL, options: Options = Options()) async throws -> Ner {
    guard folder.isFileURL else { throw NerError(.badArgument, "\(folder): not a folder of this device") }
    let path = folder.path
    let loading = Task.detached(priority: Task.currentPriority) { try Handle(folder: path, options: options) }
    return Ner(try await loading.value)
  }

  /// The entities of a text, in the order of their positions. Throws `NerError`, and `CancellationError` when the task
  /// was cancelled before the text's turn came.
  public func tag(_ text: String) throws -> [Entity] {
    try Task.checkCancellation()
    return try opened().tag(text)
  }

  /// Answers the bundle's golden sentences, and throws `NerError` unless each is answered as the bundle states.
  public func check() throws {
    try opened().check()
  }

  /// Gives its memory back now, and not only when nobody holds it any more. Whatever is asked later throws `NerError`.
  public func close() {
    handle = nil
  }

  private func opened() throws -> Handle {
    guard let handle else { throw NerError(.closed, "this recogniser was closed") }
    return handle
  }
}
