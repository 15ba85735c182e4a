import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

// CMake takes ONNX Runtime's headers out of it (src/main/cpp/CMakeLists.txt): those of the library that the app gets.
val onnxruntimeArchive =
    configurations.detachedConfiguration(
        dependencies.create("com.microsoft.onnxruntime:onnxruntime-android:${libs.versions.onnxruntime.get()}@aar")
    )

android {
    namespace = "org.edgener"
    compileSdk = 36
    ndkVersion = "28.2.13676358"

    defaultConfig {
        minSdk = 24
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
        consumerProguardFiles("consumer-rules.pro")
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
        externalNativeBuild {
            cmake {
                targets += "edgener_jni"
                // Optimised in debug builds too, which otherwise take seconds to hash a bundle. One C++ library in the
                // app needs no shared C++ runtime.
                arguments +=
                    listOf(
                        "-DANDROID_STL=c++_static",
                        "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                        "-DONNXRUNTIME_AAR=${onnxruntimeArchive.singleFile.invariantSeparatorsPath}"
                    )
            }
        }
    }

    externalNativeBuild {
        cmake {
            path = file("src/main/cpp/CMakeLists.txt")
            version = "3.22.1"
        }
    }

    sourceSets {
        // The instrumentation tests answer the golden sentences of the kit's bundle.
        getByName("androidTest").assets.srcDir("../assets")
    }

    androidResources {
        noCompress.add("ort") // of the instrumentation tests' app
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin {
    compilerOptions {
        jvmTarget.set(JvmTarget.JVM_11)
    }
}

dependencies {
    implementation(libs.coroutines.core)
    // Only its libonnxruntime.so is used, which the core loads by name.
    runtimeOnly(libs.onnxruntime.android)
    androidTestImplementation(libs.junit)
    androidTestImplementation(libs.androidx.test.runner)
    androidTestImplementation(libs.androidx.test.ext.junit)
}
