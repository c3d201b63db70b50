import { followShare } from './follow.ts';

followShare(2);
