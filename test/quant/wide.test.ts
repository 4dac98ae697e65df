import { describeRecipes, describeSteps } from './wide';

describeSteps();
describeRecipes('fast');
