$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms, System.Drawing
[Windows.Forms.Application]::EnableVisualStyles()
$form = New-Object Windows.Forms.Form
$form.Text = $env:AWSMFA_WINDOW_TITLE
$form.Font = [Drawing.SystemFonts]::MessageBoxFont
$form.StartPosition = 'CenterScreen'
$form.FormBorderStyle = 'FixedDialog'
$form.MinimizeBox = $form.MaximizeBox = $false
$form.TopMost = $form.AutoSize = $true
$form.AutoSizeMode = 'GrowAndShrink'
$label = New-Object Windows.Forms.Label
$label.AutoSize = $true
$label.UseMnemonic = $false
$label.Text = $env:AWSMFA_WINDOW_TEXT
$box = New-Object Windows.Forms.TextBox
$box.Width = 240
$ok = New-Object Windows.Forms.Button
$ok.Text = 'OK'
$ok.DialogResult = 'OK'
$form.AcceptButton = $ok
$form.KeyPreview = $true
$form.Add_KeyDown({ if ($_.KeyCode -eq 'Escape') { $form.Close() } })
$panel = New-Object Windows.Forms.FlowLayoutPanel
$panel.FlowDirection = 'TopDown'
$panel.AutoSize = $true
$panel.Padding = New-Object Windows.Forms.Padding 12
$panel.Controls.AddRange(@($label, $box, $ok))
$form.Controls.Add($panel)
$form.Add_Shown({ $form.Activate(); [void]$box.Focus() })
if ($form.ShowDialog() -ne 'OK') { exit 3 }
$bytes = [Text.Encoding]::UTF8.GetBytes($box.Text)
$out = [Console]::OpenStandardOutput()
$out.Write($bytes, 0, $bytes.Length)
$out.Flush()
