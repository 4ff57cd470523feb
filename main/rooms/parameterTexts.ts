/** The parameters of a picture as others read them: A1111's lines, and XMP. */
import type { Generation } from '../../preload/contract/project.ts';

export type Told = Pick<Generation, 'prompt' | 'seed' | 'steps' | 'width' | 'height' | 'modelName' | 'reproduce' | 'request'> & {
  /** The picture is not as it was drawn. */
  readonly edited?: string;
};

/** The keyword under which A1111 and its kin look inside a PNG. */
export const a1111Keyword = 'parameters';
export const xmpKeyword = 'XML:com.adobe.xmp';

/** Prompt, then one line of `Name: value` pairs. */
export function a1111Text(picture: Told): string {
  const { prompt, seed, steps, width, height, modelName, reproduce, request, edited } = picture;
  const pairs: [name: string, value: string | number | null | undefined][] = [
    ['Steps', steps],
    ['Sampler', 'Euler'],
    ['CFG scale', request?.txtCfg],
    ['Image CFG scale', request && 'imgCfg' in request ? request.imgCfg : undefined],
    ['Seed', seed],
    ['Size', `${width}x${height}`],
    ['Model hash', reproduce?.modelHash.slice(0, 10)],
    // A comma or a line break would end the value.
    ['Model', modelName?.replaceAll(/[,\n]/g, ' ')],
    ['Denoising strength', request && 'strength' in request ? request.strength : undefined],
    ['Guidance range', request?.guidanceRange && `${request.guidanceRange.start}-${request.guidanceRange.end}`],
    ['Step cache', request?.stepCache],
    ['Edited', edited],
    ['Version', `Ovis Studio ${reproduce?.engineVersion ?? ''}`.trim()],
  ];
  const line = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '').map(([name, value]) => `${name}: ${value}`);
  return `${prompt}\n${line.join(', ')}`;
}

/** A whole XMP packet; `own` are our parameters, word for word. */
export function xmpPacket(picture: Pick<Told, 'prompt'>, own: string): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:ovis="https://github.com/AIDC-AI/Ovis-U1/ns/">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escaped(picture.prompt)}</rdf:li></rdf:Alt></dc:description>
<xmp:CreatorTool>Ovis Studio</xmp:CreatorTool>
<ovis:parameters>${escaped(own)}</ovis:parameters>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function escaped(text: string): string {
  // What XML 1.0 cannot hold at all is left out; a lone half of a pair cannot be encoded.
  // eslint-disable-next-line no-control-regex
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>]/g, (sign) => entities[sign] ?? '');
}
