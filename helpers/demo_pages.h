#pragma once

#include <string_view>

/// The fixed parts of the demo's pages. A page lies beside the others of its helper, so all links are relative.
namespace kismet::demo {

/// Shows the lines of SOURCE as they come.
inline constexpr std::string_view kWatch = R"(<pre id="lines"></pre><button id="stop">Stop</button>
<script>
const stop = new AbortController();
document.querySelector("#stop").onclick = () => stop.abort();
fetch("SOURCE", {signal: stop.signal}).then(async answer => {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part; !(part = await reader.read()).done;) document.querySelector("#lines").append(part.value);
}).catch(error => document.querySelector("#lines").append(`${error.name}: the stream has ended`));
</script>)";

inline constexpr std::string_view kDownload =
    R"(<p><label>Bytes <input id="size" type="number" value="100000000"></label> <button id="go">Download</button></p>
<progress id="bar" value="0"></progress> <output id="figure"></output>
<script>
document.querySelector("#go").onclick = async () => {
  const size = Number(document.querySelector("#size").value), start = performance.now();
  const reader = (await fetch("download.bin?size=" + size)).body.getReader();
  let sum = 0;
  for (let part; !(part = await reader.read()).done;) {
    sum += part.value.length;
    document.querySelector("#bar").value = sum / size;
    const rate = sum / 1000 / (performance.now() - start);
    document.querySelector("#figure").value = `${sum} bytes, ${rate.toFixed(1)} MB/s`;
  }
};
</script>)";

inline constexpr std::string_view kForm =
    R"(<form method="post"><input name="colour" value="red &amp; blue"> <button>POST</button></form>)";

inline constexpr std::string_view kMessage =
    R"(<p>Says a line on the daemon's console, and publishes it as event DEMO_MESSAGE.</p>
<form method="post"><input name="text"> <label><input type="checkbox" name="error"> as an error</label>
<button>Say it</button></form>)";

inline constexpr std::string_view kAnswer =
    R"(<p>Comes with the result code and the header X-Demo that you ask for.</p>
<form><input name="code" value="418"> <input name="header" value="hello"> <button>GET</button></form>)";

}  // namespace kismet::demo
