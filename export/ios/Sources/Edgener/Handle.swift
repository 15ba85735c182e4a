import CEdgener

/// A recogniser of the core, closed when nobody holds it any more.
///
/// Unchecked, since a pointer cannot say so itself: it never changes, edgener.h lets every thread call with it, and what
/// edgener.h forbids, closing it while it is in use, cannot happen, since who uses it holds a reference.
final class Handle: @unchecked Sendable {
  private let core: OpaquePointer

  /// Verifies every hash of the bundle, then loads it: some tenths of a second.
  init(folder: String, options: Options) throws(NerError) {
    var opened: OpaquePointer?
    var error = edgener_error()
    _ = options.withCore { edgener_open(folder, $0, &opened, &error) }
    guard let opened else { throw NerError(error) }
    core = opened
  }

  deinit { edgener_close(core) }

  var warnings: [String] {
    (0..<edgener_warning_count(core)).compactMap { edgener_warning(core, $0).map { String(cString: $0) } }
  }

  func tag(_ text: String) throws(NerError) -> [Entity] {
    var result: OpaquePointer?
    var error = edgener_error()
    var utf8 = text  // becomes a copy only where the string is one of Foundation's
    let status = utf8.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { edgener_tag(core, $0.baseAddress, $0.count, &result, &error) }
    }
    defer { edgener_result_free(result) }
    guard status == EDGENER_OK else { throw NerError(error) }
    return entities(of: result, in: text)
  }

  func check() throws(NerError) {
    var error = edgener_error()
    guard edgener_check(core, &error) == EDGENER_OK else { throw NerError(error) }
  }
}
