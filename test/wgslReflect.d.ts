/** wgsl_reflect's main entry does not load in Node; its module file does, and ships no types of its own. What the tests use of it: */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  interface Variable {
    readonly name: string;
    readonly group: number;
    readonly binding: number;
    readonly access: string;
  }
  interface Struct {
    readonly name: string;
    readonly members: readonly { readonly name: string; readonly type: { readonly name: string } }[];
  }
  export class WgslReflect {
    constructor(text: string);
    readonly storage: readonly Variable[];
    readonly uniforms: readonly Variable[];
    readonly structs: readonly Struct[];
    readonly entry: { readonly compute: readonly { readonly name: string }[] };
  }
}
