import * as tg from '../lib/index.js';
import { pattern, rounded, withPattern } from './helpers/pattern.js';

const { nn } = tg;

describe('MultiheadAttention', () => {
  test('values recorded from PyTorch: other features, extra keys, weights by head, no batch', () => {
    const layer = withPattern(
      new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 2, addBiasKv: true, addZeroAttn: true }),
    );
    const [output, weights] = layer.forward(pattern(2, 4), pattern(3, 3), pattern(3, 2), { averageAttnWeights: false });
    expect([output.shape, weights?.shape]).toEqual([
      [2, 4],
      [2, 2, 5],
    ]);
    expect(rounded(output)).toEqual([
      -0.020869, -1.398534, 0.233097, -1.258613, -0.093179, -1.442907, 0.363414, -1.384603,
    ]);
    expect(rounded(weights as tg.Tensor).slice(0, 10)).toEqual([
      0.052655, 0.086843, 0.034452, 0.745653, 0.080397, 0.192179, 0.25977, 0.170358, 0.189579, 0.188115,
    ]);
  });

  const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true });
  const x = tg.randn(3, 5, 8);

  test('weights are probabilities, null where not needed', () => {
    const [, weights] = layer.forward(x, x, x);
    expect(weights?.shape).toEqual([3, 5, 5]);
    expect(rounded((weights as tg.Tensor).sum(-1)).every((sum) => Math.abs(sum - 1) < 1e-5)).toBe(true);
    expect(layer.forward(x, x, x, { needWeights: false })[1]).toBeNull();
  });

  test('masked keys do not count', () => {
    const padding = tg.zeros([3, 5], { dtype: 'bool' });
    padding.narrow(1, 3, 2).fill_(1);
    const [output, weights] = layer.forward(x, x, x, { keyPaddingMask: padding });
    expect((weights as tg.Tensor).narrow(2, 3, 2).detach().abs().max().item()).toBe(0);
    const short = x.narrow(1, 0, 3);
    const [expected] = layer.forward(x, short, short);
    expect(rounded(output.sub(expected).abs().max())[0]).toBeLessThan(1e-5);
  });

  test('under a causal mask a position depends on those before it only', () => {
    const attnMask = nn.Transformer.generateSquareSubsequentMask(5);
    const run = (input: tg.Tensor): tg.Tensor => layer.forward(input, input, input, { attnMask })[0].detach();
    const changed = x.clone();
    changed.narrow(1, 4, 1).fill_(9);
    expect(run(changed).narrow(1, 0, 4).tolist()).toEqual(run(x).narrow(1, 0, 4).tolist());
    expect(run(changed).select(1, 4).tolist()).not.toEqual(run(x).select(1, 4).tolist());
  });

  test('refuses heads that do not divide the features', () => {
    expect(() => new nn.MultiheadAttention(6, 4)).toThrow('embedDim 6 must be a positive multiple of numHeads 4');
  });

  test('biases start at zero', () => {
    expect([layer.in_proj_bias, layer.out_proj.bias].every((bias) => bias?.detach().abs().max().item() === 0)).toBe(
      true,
    );
  });
});

describe('transformers', () => {
  test('the copies of a layer start alike and learn apart', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, 8, { dropout: 0, batchFirst: true, activation: 'gelu' });
    const encoder = new nn.TransformerEncoder(layer, 2);
    const [first, second] = [encoder.layers.get(0), encoder.layers.get(1)];
    expect(first.linear1.weight.tolist()).toEqual(second.linear1.weight.tolist());
    expect(encoder.parameters()).toHaveLength(2 * layer.parameters().length);
    encoder
      .forward(tg.randn(2, 3, 4))
      .mul(tg.randn(2, 3, 4))
      .sum()
      .backward();
    expect(first.linear1.weight.grad?.tolist()).not.toEqual(second.linear1.weight.grad?.tolist());
    expect(layer.linear1.weight.grad).toBeNull();
    const x = tg.randn(2, 3, 4);
    expect(rounded(encoder.forward(x))).toEqual(rounded(second.forward(first.forward(x))));
  });

  test('an activation is a name, a function or a module', () => {
    const x = tg.randn(3, 2, 4);
    const layer = (activation: tg.nn.TransformerActivation): tg.nn.TransformerEncoderLayer =>
      new nn.TransformerEncoderLayer(4, 2, 8, { dropout: 0, activation });
    const named = layer('gelu');
    for (const other of [
      layer(nn.functional.gelu),
      layer((input) => nn.functional.gelu(input)),
      layer(new nn.GELU()),
    ]) {
      other.loadStateDict(named.stateDict());
      expect(other.forward(x).tolist()).toEqual(named.forward(x).tolist());
    }
    expect(() => layer('tanh' as 'relu')).toThrow("unknown activation 'tanh'");
  });

  test('norms may come first', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, 8, { dropout: 0, normFirst: true });
    const x = tg.randn(3, 2, 4);
    const attended = x.add(
      layer.self_attn.forward(...([0, 1, 2].map(() => layer.norm1.forward(x)) as [tg.Tensor, tg.Tensor, tg.Tensor]))[0],
    );
    const fed = layer.linear2.forward(layer.linear1.forward(layer.norm2.forward(attended)).relu());
    expect(tg.allclose(layer.forward(x), attended.add(fed), 1e-5, 1e-5)).toBe(true);
  });

  test('an encoder and a decoder; masks by name', () => {
    const model = new nn.Transformer({
      dModel: 4,
      nhead: 2,
      numEncoderLayers: 1,
      numDecoderLayers: 2,
      dimFeedforward: 8,
    });
    model.eval();
    const [src, tgt] = [tg.randn(5, 2, 4), tg.randn(3, 2, 4)];
    const tgtMask = nn.Transformer.generateSquareSubsequentMask(3);
    const run = (input: tg.Tensor): tg.Tensor => model.forward(src, input, { tgtMask });
    expect(run(tgt).shape).toEqual([3, 2, 4]);
    const changed = tgt.clone();
    changed.select(0, 2).fill_(9);
    expect(rounded(run(changed).narrow(0, 0, 2))).toEqual(rounded(run(tgt).narrow(0, 0, 2)));
    expect(model.decoder.layers.length).toBe(2);
    expect(() => model.forward(src, tg.randn(3, 1, 4))).toThrow('src (5, 2, 4) and tgt (3, 1, 4)');
  });

  test('an encoder of your own', () => {
    class Same extends nn.Module {
      forward(src: tg.Tensor): tg.Tensor {
        return src;
      }
    }
    const model = new nn.Transformer({
      dModel: 4,
      nhead: 2,
      numDecoderLayers: 1,
      dimFeedforward: 8,
      customEncoder: new Same(),
    });
    expect(model.encoder).toBeInstanceOf(Same);
    expect(model.forward(tg.randn(5, 2, 4), tg.randn(3, 2, 4)).shape).toEqual([3, 2, 4]);
  });

  test('the causal mask', () => {
    expect(nn.Transformer.generateSquareSubsequentMask(2, { dtype: 'float64' }).tolist()).toEqual([
      [0, Number.NEGATIVE_INFINITY],
      [0, 0],
    ]);
  });
});
