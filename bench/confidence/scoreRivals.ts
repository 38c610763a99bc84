import { normal, same, solved, uniform, type Scenario } from './scenario';

const density = (value: number) => Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
const step = 0.01;

/** Expected loss of the scores x, normal about the distance in class 1 and about 0 in class 0, made probabilities by `probability`. */
function expectedLoss(
  share: number,
  distance: number,
  probability: (score: number) => number,
  loss: (error: number) => number,
): number {
  let sum = 0;
  for (let score = -8; score < 8 + distance; score += step) {
    const chance = probability(score);
    sum += step * share * density(score - distance) * loss(1 - chance);
    sum += step * (1 - share) * density(score) * loss(chance);
  }
  return sum;
}

/** The average precision of very many such scores, those of class 1 with this spread. */
function longRunPrecision(share: number, distance: number, spread: number): number {
  let [above, others, sum] = [0, 0, 0];
  for (let score = 12 + 8 * spread; score > -8 * spread; score -= step) {
    const found = (step * share * density((score - distance) / spread)) / spread;
    above += found;
    others += step * (1 - share) * density(score);
    if (above > 0) sum += found * (above / (above + others));
  }
  return sum / share;
}

const lossOf: Readonly<Record<string, (error: number) => number>> = {
  brier: (error) => error * error,
  log_loss: (error) => -Math.log1p(-Math.min(error, 1 - 2 ** -52)),
};

/** Of twice the log-odds that the scores warrant. */
const tooSure = 2;

/**
 * Scores of two classes, normal in each: auc Φ(1 / √2) = 0.76; the other shape has twice the spread among class 1. As probabilities they
 * are what the scores warrant; of the other shape, they are too sure of themselves, but know more.
 */
export function scores(name: string, share: number): Scenario {
  const probability = (distance: number, sureness = 1) => {
    const prior = Math.log(share / (1 - share));
    return (score: number) => 1 / (1 + Math.exp(-sureness * (distance * score - distance ** 2 / 2 + prior)));
  };
  const distances = new Map<string, number>();
  const otherDistance = (metric: string): number => {
    const loss = lossOf[metric];
    return loss
      ? solved((distance) => expectedLoss(share, distance, probability(distance, tooSure), loss), expectedLoss(share, 1, probability(1), loss), 1, 4) // prettier-ignore
      : solved((distance) => longRunPrecision(share, distance, 2), longRunPrecision(share, 1, 1), -4, 4);
  };
  return {
    name,
    metrics: ['auc', 'pr_auc', 'log_loss', 'brier'],
    hasOtherShape: true,
    draw(rows, rivalry, metric, random) {
      const label = Float64Array.from({ length: rows }, () => (uniform(random) < share ? 1 : 0));
      const drawn = (distance: number, spread: number) =>
        label.map((truth) => (truth === 1 ? distance + spread * normal(random) : normal(random)));
      if (rivalry === 'otherShape' && !distances.has(metric)) {
        distances.set(metric, metric === 'auc' ? Math.sqrt(2.5) : otherDistance(metric));
      }
      const distance = rivalry === 'equal' ? 1 : rivalry === 'better' ? 1.7 : distances.get(metric)!;
      const isOther = rivalry === 'otherShape';
      const candidate = drawn(distance, isOther && !lossOf[metric] ? 2 : 1);
      const champion = drawn(1, 1);
      if (!lossOf[metric]) return [same(label), { candidate, champion }];
      return [
        same(label),
        {
          candidate: candidate.map(probability(distance, isOther ? tooSure : 1)),
          champion: champion.map(probability(1)),
        },
      ];
    },
  };
}

const results = 5;

/** Five results for each query, of which a row of the comparison is; relevance 0 to 2, and scores that follow it with normal errors. */
export function queries(): Scenario {
  return {
    name: 'queries of five results',
    metrics: ['ndcg'],
    hasOtherShape: false,
    draw(count, rivalry, _metric, random) {
      const length = count * results;
      const relevance = Float64Array.from({ length }, () => random.below(3));
      const scored = (noise: number) => relevance.map((value) => value + noise * normal(random));
      const candidate = scored(rivalry === 'better' ? 0.8 : 1.2);
      const query = Float64Array.from({ length }, (_, row) => Math.floor(row / results));
      return [same(relevance), { candidate, champion: scored(1.2) }, same(query)];
    },
  };
}
