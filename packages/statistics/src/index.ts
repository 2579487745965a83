export { bootstrap, pairedBootstrap, quantile } from "./bootstrap.ts";
export { bradleyTerry, type Match } from "./bradley-terry.ts";
export { shareAtLeast } from "./clopper-pearson.ts";
export { holm } from "./holm.ts";
export { type Interval, mean, variance } from "./interval.ts";
export { cohenKappa, type Kappa, kappaInWords } from "./kappa.ts";
export { krippendorffAlpha } from "./krippendorff.ts";
export { mcnemar, pairedShares } from "./mcnemar.ts";
export { luck } from "./odds.ts";
export { examplesNeeded } from "./power.ts";
export { type PredictionPowered, predictionPoweredMean } from "./prediction-powered.ts";
export { normalRandom, seededRandom, shuffled } from "./random.ts";
export { type SelfStarting, selfStarting, selfStartingStep } from "./self-starting.ts";
export { Bets, logEvidenceOfShare } from "./sequential.ts";
export { signFlip } from "./sign-flip.ts";
export {
  coverage,
  falseDriftAlarms,
  intervalTrials,
  nullTrials,
  peeking,
  stopping,
  underTheNull,
} from "./simulations.ts";
export { wilson } from "./wilson.ts";
