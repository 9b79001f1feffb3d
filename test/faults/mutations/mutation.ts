/** Each breaks one rule of exactly once. A suite that does not fail by it would not have found the defect. */
export type Mutation = {
  name: string;
  edits: readonly { file: string /** Stands there exactly once. */; find: string; replace: string }[];
  /** Seeds that failed by it when it was written: tried first. They age with every await that is added. */
  seeds: readonly number[];
  /** A test that catches it where no seed can: the models are not reached by it. */
  test?: { file: string; name: string };
  /** Caught by what users see in the end, and not only by what is watched on the way. */
  onlyEnd?: boolean;
  /** It was in the product until it was found and mended: made again, it does not pass. */
  wasReal?: boolean;
};
