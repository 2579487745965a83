// The package's main entry is a CommonJS file in a package of type "module": only its module file can be imported.
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}
