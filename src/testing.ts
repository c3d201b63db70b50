// signalbox/testing
export { testbox } from './signalbox/testing/testbox.ts';
export type { Testbox, TestboxOptions } from './signalbox/testing/testbox.ts';
export type { Answer, Answers, EffectKind, TestEffect } from './signalbox/testing/answers.ts';
