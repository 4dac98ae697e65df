/** A set to begin with: one method of each idea, all of which run on whole rows with shared calibration. */
export const goodStart: readonly string[] = ['rtn', 'hqq', 'gptq', 'awq', 'quarot'];
