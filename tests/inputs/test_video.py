"""Videos: frames evenly in time, folders of frames, and what breaks off."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

import worlds
from lamina.core import Array
from lamina.examples import read
from lamina.examples.doctor import look
from lamina.inputs.video import Video, evenly


def film(path: Path, count: int = 20, side: int = 32) -> Path:
    """Each frame is one grey, brighter than the one before."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        for place in range(count):
            pixels = np.full((side, side, 3), min(10 * place, 250), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def greys(x: Array) -> list[int]:
    return [round(float(frame.mean()) / 10) for frame in x]


def settled(*values: object) -> Video:
    video = Video()
    video.observe(list(values))
    video.settle()
    return video


def test_frames_lie_evenly_in_time(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    video = settled(str(path))
    assert video.form.shape == (8, 32, 32, 3)
    for value in (str(path), path.read_bytes()):
        encoded = video.encode([value])
        assert greys(encoded.values[0]) == evenly(20, 8) == [1, 3, 6, 8, 11, 13, 16, 18]
        assert encoded.lengths.tolist() == [8]


@pytest.mark.parametrize("count", [20, 1_200], ids=["short", "long"])
def test_a_file_that_does_not_say_how_many_frames_it_has(count: int, tmp_path: Path) -> None:
    """Matroska: the same frames as of one that says it, and of a long one those around the wanted moments."""
    path = film(tmp_path / "a.mkv", count)
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 0
    encoded = settled(str(path)).encode([path.read_bytes()])
    assert encoded.lengths.tolist() == [8]
    assert greys(encoded.values[0]) == [min(place, 25) for place in evenly(count, 8)]


def test_a_folder_of_numbered_frames_is_a_video(tmp_path: Path) -> None:
    for place in range(12):
        (tmp_path / f"frame_{place}.png").write_bytes(worlds.png(np.full((9, 9, 3), 10 * place, np.uint8)))
    encoded = settled(str(tmp_path)).encode([str(tmp_path)])
    assert greys(encoded.values[0]) == evenly(12, 8)  # 9 comes before 10


def test_shorter_ones_keep_all_their_frames() -> None:
    some = np.stack([np.full((9, 9, 3), 10 * place, np.uint8) for place in range(3)])
    encoded = settled(np.repeat(some, 4, 0)).encode([some])
    assert encoded.lengths.tolist() == [3]
    assert greys(encoded.values[0]) == [0, 1, 2, 0, 0, 0, 0, 0]


def test_what_is_no_whole_video_is_named(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", 40)
    (tmp_path / "text.mp4").write_text("not a film")
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    content = path.read_bytes()
    values = [str(path), None, str(tmp_path / "text.mp4"), str(tmp_path / "empty.mp4"), str(tmp_path / "folder")]
    values += [str(tmp_path / "gone.mp4"), content[: len(content) // 2]]  # type: ignore[list-item]
    encoded = settled(str(path)).encode(values)
    assert encoded.present.tolist() == [True] + [False] * 6
    said = dict(encoded.problems)
    assert sorted(said) == [2, 3, 4, 5, 6]
    assert "folder without pictures" in said[4]
    assert all(said.values())


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile clip.mp4\n",
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nclip.mp4\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="PT2S"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>clip.mp4</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>",
    ],
    ids=["concat", "hls", "sdp", "dash"],
)
def test_a_playlist_opens_no_other_file(playlist: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beside the process, named by what somebody sent, is not read; nor is an address."""
    film(tmp_path / "clip.mp4")
    (tmp_path / "list.mp4").write_text(playlist)
    monkeypatch.chdir(tmp_path)
    encoded = settled("clip.mp4").encode([playlist.encode(), "list.mp4", "clip.mp4", "concat:clip.mp4"])
    assert encoded.present.tolist() == [False, False, True, False]
    assert [row for row, _ in encoded.problems] == [0, 1, 3]


def test_looking_names_the_videos_that_cannot_be_read(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(3):
            film(tmp_path / label / f"{number}.avi", 8)
    (tmp_path / "b" / "2.avi").write_bytes(b"")
    found = {each.kind: f"{each.title} {each.detail}" for each in look(read(tmp_path)).found}
    assert "1 video cannot be read" in found["unreadable"]
    assert "b/2.avi (is empty)" in found["unreadable"]
