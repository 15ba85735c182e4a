import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}

android {
    namespace = "org.edgener.sample"
    compileSdk = 36

    defaultConfig {
        applicationId = "org.edgener.sample"
        minSdk = 24
        targetSdk = 36
        versionCode = 1
        versionName = "1.0"
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
            // So that a release can be tried at once; an app that is published has a key of its own.
            signingConfig = signingConfigs.getByName("debug")
        }
    }

    sourceSets {
        getByName("main").assets.srcDir("../assets")
    }

    androidResources {
        // A network in ONNX Runtime's format is mapped where it lies in the app, if it is stored as it is.
        noCompress.add("ort")
    }

    packaging {
        jniLibs {
            // For ONNX Runtime's own Java classes, which nothing here calls. An app that does must leave this out.
            excludes += "**/libonnxruntime4j_jni.so"
        }
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
    implementation(project(":edgener"))
    implementation(libs.coroutines.android)
}
