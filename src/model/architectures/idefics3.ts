/** Idefics3 (Laurençon et al., 2024), and the first files of SmolVLM. */
import { shuffledTower } from '../parts/shuffledTower';

export const architecture = shuffledTower('idefics3');
