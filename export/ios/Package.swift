// swift-tools-version: 6.0
import PackageDescription

// ONNX Runtime for Apple's systems comes as the package that its authors publish. On Linux, where this package is built
// to test it, a shared library is loaded at run time instead (environment: EDGENER_ONNXRUNTIME).
#if os(Linux)
let packages: [Package.Dependency] = []
let runtime: [Target.Dependency] = []
#else
let packages: [Package.Dependency] = [
  .package(
    url: "https://github.com/microsoft/onnxruntime-swift-package-manager", .upToNextMinor(from: "1.24.2"))
]
let runtime: [Target.Dependency] = [
  .product(name: "onnxruntime", package: "onnxruntime-swift-package-manager")
]
#endif

let package = Package(
  name: "Edgener",
  platforms: [.iOS("15.1"), .macOS(.v14)],
  products: [
    .library(name: "Edgener", targets: ["Edgener"]),
    .library(name: "EdgenerBundle", targets: ["EdgenerBundle"]),
    .library(name: "EdgenerSample", targets: ["EdgenerSample"]),
    .executable(name: "edgener-tag", targets: ["edgener-tag"]),
  ],
  dependencies: packages,
  targets: [
    .target(
      name: "CYyjson",
      exclude: ["LICENSE"],
      cSettings: [
        .define("YYJSON_DISABLE_WRITER"), .define("YYJSON_DISABLE_UTILS"), .define("YYJSON_DISABLE_INCR_READER"),
      ]),
    .target(
      name: "CUtf8proc",
      exclude: ["LICENSE.md", "utf8proc_data.c"],  // utf8proc.c includes its data
      cSettings: [.define("UTF8PROC_STATIC")]),
    .target(
      name: "CEdgener",
      dependencies: ["CYyjson", "CUtf8proc"] + runtime,
      cxxSettings: [
        .headerSearchPath("src"),
        .headerSearchPath("kit"),
        .define("UTF8PROC_STATIC"),
        // Linked statically there, ONNX Runtime cannot be looked up once an app is stripped.
        .define("EDGENER_LINKED_ONNXRUNTIME", .when(platforms: [.iOS, .macOS])),
      ]),
    .target(name: "Edgener", dependencies: ["CEdgener"]),
    .target(name: "EdgenerBundle", resources: [.copy("bundle")]),
    .target(name: "EdgenerSample", dependencies: ["Edgener", "EdgenerBundle"]),
    .executableTarget(name: "edgener-tag", dependencies: ["Edgener", "EdgenerBundle"]),
    .testTarget(name: "EdgenerTests", dependencies: ["CEdgener", "Edgener", "EdgenerBundle"]),
  ],
  cxxLanguageStandard: .cxx17
)
