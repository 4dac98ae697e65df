import type { Plugin } from 'vite';

export const contentSecurityPolicy: string;
export const pageHeaders: Readonly<Record<string, string>>;
export const policyInPage: Plugin;
export const pageServer: Plugin;
