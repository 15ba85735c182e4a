import CEdgener
import Foundation

/// What went wrong: a code to decide by, and one line that says what, where, and what to do.
public struct NerError: Error, Hashable, Sendable {
  /// Those of edgener.h, and `closed`.
  public enum Code: UInt32, Sendable, CaseIterable {
    case badArgument = 1
    case unreadable, damaged, malformed, tooNew, tokenizer, wrongMachine, noRuntime, runtime, noMemory, differs
    case unforeseen
    case closed = 1000
  }

  public let code: Code
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  init(_ error: edgener_error) {
    let message = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    self.init(Code(rawValue: UInt32(error.status.rawValue)) ?? .unforeseen, message)
  }
}

extension NerError: LocalizedError, CustomStringConvertible {
  public var errorDescription: String? { message }
  public var description: String { message }
}
