import CEdgener

/// How a bundle is run. The defaults are right for most apps.
public struct Options: Hashable, Sendable {
  /// Of ONNX Runtime; 0: what the bundle's target suggests, which for `ios-arm64` is two.
  public var threads: Int32 = 0
  /// 0 to 1: entities with a lower score are dropped.
  public var minScore: Double = 0
  /// -100 to 100: above 0 finds more, and errs more.
  public var recallBias: Double = 0
  /// Another of the bundle's graphs; nil: the first.
  public var variant: String?
  /// A shared library of ONNX Runtime; nil: the one that is linked into the app, or (on Linux) found by its usual names.
  public var runtime: String?

  public init() {}

  /// Calls `body` with these as the core takes them; the pointer is good within the call only.
  func withCore<Result>(_ body: (UnsafePointer<edgener_options>) -> Result) -> Result {
    withOptionalCString(variant) { variant in
      withOptionalCString(runtime) { runtime in
        var core = edgener_options()
        core.size = UInt32(MemoryLayout<edgener_options>.size)
        core.threads = threads
        core.min_score = minScore
        core.recall_bias = recallBias
        core.variant = variant
        core.runtime = runtime
        return withUnsafePointer(to: core, body)
      }
    }
  }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let text else { return body(nil) }
  return text.withCString(body)
}
