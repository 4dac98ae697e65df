/** Holds every kernel's declaration against its WGSL text, and every shader file to the conventions. */
import { describe, expect, it } from 'vitest';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { declaredKernels } from '../src/gpu/kernel';

const modules = import.meta.glob(['../src/tensor/**/*.ts', '../src/quant/**/*.ts'], { eager: true });
const shaders = import.meta.glob<string>('../shaders/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

/** The text with empty function bodies: the reflection library reads declarations well and stumbles over some statements. */
function declarationsOf(text: string): string {
  let out = '';
  let at = 0;
  for (const match of text.matchAll(/\bfn\s+\w+\s*\(/g)) {
    if (match.index < at) continue;
    const open = text.indexOf('{', match.index);
    let depth = 1;
    let end = open + 1;
    for (; depth > 0 && end < text.length; end++) depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0;
    out += text.slice(at, open) + '{}';
    at = end;
  }
  return out + text.slice(at);
}

describe('kernels', () => {
  it('are declared somewhere', () => {
    expect(Object.keys(modules).length).toBeGreaterThan(0);
    expect(declaredKernels.length).toBeGreaterThan(0);
  });

  for (const kernel of declaredKernels) {
    it(`${kernel.name} is declared as its WGSL says`, () => {
      const reflected = new WgslReflect(declarationsOf(kernel.text));
      expect(reflected.entry.compute.map((entry) => entry.name)).toEqual([kernel.name]);
      const storage = [...reflected.storage].sort((a, b) => a.binding - b.binding);
      expect(storage.map((v) => [v.name, v.access === 'read_write' ? 'readWrite' : 'read'])).toEqual(
        Object.entries(kernel.bindings),
      );
      expect([...storage, ...reflected.uniforms].map((v) => v.group)).toEqual(Array(storage.length + 1).fill(0));
      expect(storage.map((v) => v.binding)).toEqual(storage.map((_, i) => i));
      expect(reflected.uniforms.map((v) => [v.name, v.binding])).toEqual([['params', storage.length]]);
      const fields = reflected.structs.find((s) => s.name === 'Params')?.members ?? [];
      expect(fields.map((member) => [member.name, member.type.name])).toEqual(Object.entries(kernel.params));
    });
  }
});

describe('shader files', () => {
  for (const [path, text] of Object.entries(shaders)) {
    const name = path.replace(/^.*\/|\.wgsl$/g, '');
    it(`${path.replace('../', '')} keeps the conventions`, () => {
      expect(text.startsWith('//'), 'starts with its formula').toBe(true);
      const bindings = text.split('\n').filter((line) => /var<storage/.test(line));
      expect(bindings.filter((line) => !/;\s*\/\/ \[.*\]/.test(line))).toEqual([]);
      if (text.includes('@compute')) expect(text).toMatch(new RegExp(`fn ${name}\\(`));
      const users = [...declaredKernels].filter((kernel) => kernel.text.includes(text));
      expect(users.length, 'used by a kernel').toBeGreaterThan(0);
    });
  }
});
