import Foundation

/// The bundle that came with this kit, as a resource of the app.
public enum EdgenerBundle {
  /// Its folder, for `Ner.open`.
  public static var url: URL {
    (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent("bundle", isDirectory: true)
  }
}
