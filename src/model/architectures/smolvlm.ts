/** SmolVLM and SmolVLM2 (Marafioti et al., 2025). */
import { shuffledTower } from '../parts/shuffledTower';

export const architecture = shuffledTower('smolvlm');
