import { describeRecipes } from './wide';

describeRecipes('long');
