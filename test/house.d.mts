import type { Rule } from 'eslint';

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

export const root: string;
export const rooms: Readonly<Record<string, readonly string[]>>;
export function roomOf(path: string): string;
export const declarations: readonly string[];
export const patterns: readonly RegExp[];
export function isDeclaration(path: string): boolean;
export function mayImport(one: Import): boolean;
export function targetOf(file: string, specifier: string): string | null;
export function pathOf(file: string): string;
export const imports: Rule.RuleModule;
