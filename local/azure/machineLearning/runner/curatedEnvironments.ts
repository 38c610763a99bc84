/**
 * What pip needs to stand in for an environment of Azure ML's own registry. Only the families that training scripts ask
 * for by name; any other one is plain Python, which is noted in the run.
 */
const families: Array<{ name: RegExp; requirements: (version: string) => string[] }> = [
  {
    name: /^sklearn-(\d+\.\d+)$/i,
    requirements: (version) => [`scikit-learn==${version}.*`, 'pandas', 'numpy', 'scipy', 'joblib', 'mlflow-skinny'],
  },
  {
    name: /^lightgbm-(\d+\.\d+)$/i,
    requirements: (version) => [`lightgbm==${version}.*`, 'scikit-learn', 'pandas', 'numpy', 'joblib', 'mlflow-skinny'],
  },
];

export function curatedRequirements(name: string): string[] | undefined {
  for (const family of families) {
    const version = family.name.exec(name)?.[1];
    if (version) return family.requirements(version);
  }
  return undefined;
}
