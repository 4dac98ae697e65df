/** DeepSeek-V2 and its Lite (DeepSeek-AI, 2024): attention over latents, and experts that a token finds within groups. */
import { deepseekV2 } from '../parts/deepseek';

export const architecture = { name: 'deepseek_v2', blueprint: deepseekV2 };
