/** Gemma 3 without its tower (Gemma team, 2025), as its 270M and 1B are published. */
import { gemma3Text } from '../parts/gemma3';

export const architecture = { name: 'gemma3_text', blueprint: gemma3Text };
